// pg-boss in the shape in which it is fastest: loops that fetch and complete 500 at a time.
import { answer, require, startWatch, step, task } from "./common.mjs";

const { PgBoss } = require("pg-boss");
const boss = new PgBoss({ connectionString: task.address, max: 8, supervise: false, schedule: false });
boss.on("error", (error) => console.error(error));
await boss.start();

if (step === "setup") {
  await boss.createQueue("nothing");
  for (let first = 0; first < task.jobs; first += 1000) {
    const length = Math.min(1000, task.jobs - first);
    await boss.insert("nothing", Array.from({ length }, () => ({ data: {} })));
  }
  answer({});
} else {
  let ran = 0;
  const watch = startWatch();
  const loop = async () => {
    for (;;) {
      const jobs = await boss.fetch("nothing", { batchSize: 500 });
      if (!jobs.length) return;
      ran += jobs.length;
      await boss.complete("nothing", jobs.map((job) => job.id));
    }
  };
  await Promise.all([loop(), loop(), loop(), loop()]);
  answer({ ...watch(), count: task.jobs, problems: ran === task.jobs ? [] : [`${ran} jobs were run`] });
}
await boss.stop({ graceful: false });
