import { once } from "../app/once";
import { ApiError, get } from "./http";

const document = once(() => get<{ paths: Record<string, unknown> }>("/openapi.json"));

/**
 * Whether this server has a route: pages that need one that it lacks say so, without asking in vain.
 *
 * @throws when the server cannot be reached.
 */
export async function hasRoute(path: string): Promise<boolean> {
  try {
    return path in (await document()).paths;
  } catch (error) {
    // An engine that stands alone has no such document.
    if (error instanceof ApiError) return false;
    throw error;
  }
}

interface Operation {
  parameters?: { name: string; schema?: { enum?: unknown[] } }[];
}

async function parameter(path: string, method: string, name: string): Promise<{ enum?: unknown[] } | null> {
  try {
    const operations = (await document()).paths[path] as Record<string, Operation> | undefined;
    const found = operations?.[method]?.parameters?.find((one) => one.name === name);
    return found ? found.schema ?? {} : null;
  } catch (error) {
    if (error instanceof ApiError) return null;
    throw error;
  }
}

/** Whether a route takes a parameter. */
export async function hasParameter(path: string, method: string, name: string): Promise<boolean> {
  return (await parameter(path, method, name)) !== null;
}

/** The values that a route takes for a parameter, where it names them. */
export async function choices(path: string, method: string, name: string): Promise<string[]> {
  return ((await parameter(path, method, name))?.enum ?? []).filter((one): one is string => typeof one === "string");
}
