// Read by Prism when it is loaded, which is after this: it touches neither the page nor the messages of a worker by itself.

const scope = globalThis as unknown as { Prism?: { manual?: boolean; disableWorkerMessageHandler?: boolean } };
scope.Prism = { manual: true, disableWorkerMessageHandler: true };

export {};
