// Who uses the page: nobody in particular where a server asks nobody to sign in.

import { get, noteSignIn, send, signInsSoFar, whenSignedOut } from "../api/http";
import { hasRoute } from "../api/routes";
import { forgetCopies } from "../chat/browserStore";
import { forgetFolders } from "../chat/library/organising";
import { forgetTabs } from "../chat/tabs/tabs";
import { currentRoute, navigate } from "./router";
import { followSettings, leaveSettings } from "./userSettings";
import { createStore, useStore } from "./store";

export interface Person {
  id: string;
  name: string;
  role: string;
  tenant: string;
  permissions: string[];
  credential: { kind: string; id?: string };
}

export interface Session {
  /** `open` asks nobody for a credential. */
  mode: "open" | "sign_in";
  user: Person | null;
  /** Whether there is no administrator yet. */
  needsSetup: boolean;
}

interface Told {
  mode: Session["mode"];
  user: Person | null;
  needs_setup?: boolean;
}

const session = createStore<Session>({ mode: "open", user: null, needsSetup: false });

export const useSession = (): Session => useStore(session);

/** The token of the link that a new server prints; taken out of the address, so that it is in no history. */
export const setupToken: string | null = (() => {
  const found = /^#setup=([\w.~-]{1,500})$/.exec(location.hash)?.[1] ?? null;
  if (found) history.replaceState(null, "", location.pathname);
  return found;
})();

export async function loadSession(): Promise<void> {
  if (!(await hasRoute("/api/v1/session"))) return;
  const askedAfter = signInsSoFar();
  const told = await get<Told>("/api/v1/session");
  // Somebody was quicker to sign in than this answer to come.
  if (askedAfter !== signInsSoFar()) return;
  take(told);
  const { mode, user } = session.get();
  if (mode === "open" || user) followSettings().catch(() => undefined);
  if (setupToken || (mode === "sign_in" && !user)) navigate("signIn");
}

function take(told: Told): void {
  session.set({ mode: told.mode, user: told.user, needsSetup: told.needs_setup ?? false });
}

export async function signIn(name: string, password: string, code: string): Promise<void> {
  const told = await send<Told>("POST", "/api/v1/session", { name, password, ...(code ? { code } : {}) });
  noteSignIn();
  take(told);
  followSettings().catch(() => undefined);
}

export async function setUp(token: string, name: string, password: string): Promise<void> {
  const told = await send<Told>("POST", "/api/v1/session/setup", { token, name, password });
  noteSignIn();
  take(told);
}

export async function signOut(): Promise<void> {
  const told = await send<{ sign_out_url?: string }>("DELETE", "/api/v1/session");
  leaveSettings();
  await forgetCopies();
  forgetTabs();
  forgetFolders();
  session.set((before) => ({ ...before, user: null }));
  navigate("signIn");
  // Whoever came from a provider is still signed in there, and would come back without being asked.
  if (told.sign_out_url && /^https?:/.test(told.sign_out_url)) location.assign(told.sign_out_url);
}

whenSignedOut(() => {
  session.set((before) => ({ ...before, mode: "sign_in", user: null }));
  if (currentRoute().page !== "signIn") navigate("signIn");
});
