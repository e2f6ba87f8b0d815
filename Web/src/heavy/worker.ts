// The worker's side: one task after the other.

import { run, type TaskName, type Tasks } from "./tasks";

export interface Order { id: number; name: TaskName; given: Tasks[TaskName]["given"] }
export type Report = { id: number; made: Tasks[TaskName]["made"] } | { id: number; problem: string };

const place = self as unknown as {
  addEventListener(type: "message", listener: (event: { data: Order }) => void): void;
  postMessage(report: Report, transferred: never[]): void;
};

place.addEventListener("message", ({ data: { id, name, given } }) => {
  try {
    place.postMessage({ id, made: run(name, given as never) }, []);
  } catch (error) {
    place.postMessage({ id, problem: error instanceof Error ? error.message : String(error) }, []);
  }
});
