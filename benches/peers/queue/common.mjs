// What every runner in JavaScript needs: its packages from the folder in PEERS, the task from the command line, the
// answer as one line of JSON.
import { createRequire } from "node:module";
import { performance } from "node:perf_hooks";

export const require = createRequire(`${process.env.PEERS}/`);
export const [step, task] = [process.argv[2], JSON.parse(process.argv[3])];

export function startWatch() {
  const wall = performance.now();
  const cpu = process.cpuUsage();
  return () => {
    const spent = process.cpuUsage(cpu);
    return {
      wall_s: (performance.now() - wall) / 1e3,
      cpu_s: (spent.user + spent.system) / 1e6,
      rss_mb: process.resourceUsage().maxRSS / 1e3,
    };
  };
}

export function answer(done) {
  console.log(JSON.stringify(done));
}

/** Median, 99th percentile, most. */
export function spread(waits) {
  waits.sort((a, b) => a - b);
  const at = (share) => waits[Math.min(waits.length - 1, Math.floor(waits.length * share))];
  return [at(0.5), at(0.99), at(1)];
}
