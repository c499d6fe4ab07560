// graphile-worker as its performance notes run it: a local queue of 500, completions in batches.
import { performance } from "node:perf_hooks";
import { answer, require, spread, startWatch, step, task } from "./common.mjs";

const { run, makeWorkerUtils, Logger } = require("graphile-worker");
const { Pool } = require("pg");

const logger = new Logger(() => (level, message) => {
  if (level === "error") console.error(message);
});
const pgPool = new Pool({ connectionString: task.address, max: 12 });
const preset = {
  worker: { concurrentJobs: 24, localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 },
};

async function fill() {
  const utils = await makeWorkerUtils({ pgPool, logger });
  await utils.migrate();
  const add = async (count, identifier, queueName) => {
    for (let first = 0; first < count; first += 1000) {
      const length = Math.min(1000, count - first);
      await utils.addJobs(
        Array.from({ length }, (_, nth) => ({ identifier, payload: {}, queueName: queueName(first + nth) })),
      );
    }
  };
  // In the way of the free work as in the other queues: they were there first.
  if (task.waiting) await add(task.waiting, "holder", (nth) => `busy:${nth % 2}`);
  if (task.shape === "burn") await add(task.jobs, "nothing", (nth) => (task.lanes ? `server:${nth % task.lanes}` : undefined));
  await utils.release();
}

async function burn() {
  let ran = 0;
  const watch = startWatch();
  const runner = await run({
    pgPool,
    logger,
    preset,
    noHandleSignals: true,
    taskList: {
      nothing: () => void ran++,
      holder: (_, helpers) => new Promise((_, reject) => helpers.abortSignal?.addEventListener("abort", () => reject(new Error("stopped")))),
    },
  });
  const left = async () => Number((await pgPool.query("select count(*) from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id where t.identifier = 'nothing'")).rows[0].count);
  while (ran < task.jobs) await new Promise((resolve) => setTimeout(resolve, 1));
  // The end of the last ones is on its way to the table.
  while ((await left()) > 0) await new Promise((resolve) => setTimeout(resolve, 1));
  const done = watch();
  answer({ ...done, count: task.jobs, problems: ran === task.jobs ? [] : [`${ran} jobs were run`] });
  if (task.waiting) process.exit(0);
  await runner.stop();
}

async function latency() {
  let started;
  const waits = [];
  const runner = await run({ pgPool, logger, preset: { worker: { concurrentJobs: 24 } }, noHandleSignals: true, taskList: { nothing: () => started(performance.now()) } });
  const watch = startWatch();
  for (let nth = 0; nth < task.jobs; nth++) {
    const begun = new Promise((resolve) => (started = resolve));
    const at = performance.now();
    await runner.addJob("nothing", {});
    waits.push((await begun) - at);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  answer({ ...watch(), latency_ms: spread(waits) });
  await runner.stop();
}

if (step === "setup") {
  await fill();
  answer({});
} else if (task.shape === "latency") await latency();
else await burn();
await pgPool.end();
