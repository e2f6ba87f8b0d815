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
