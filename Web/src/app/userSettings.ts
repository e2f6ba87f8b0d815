// What somebody chose, kept by the server: it is the same on the next device. Where the server keeps nothing, the browser does.

import { get, send } from "../api/http";
import { hasRoute } from "../api/routes";
import { chooseLanguage, type Language, languages, onLanguage } from "../i18n";
import { emptyFoldersNow, onEmptyFolders, takeEmptyFolders } from "../chat/library/emptyFolders";
import { whenLeaving } from "./leaving";
import { chooseTheme, onTheme, type ThemeChoice } from "./theme";

interface Chosen {
  theme?: ThemeChoice;
  language?: Language;
  /** Folders that have nothing in them yet. */
  folders?: string[];
}
interface Told { settings: { web?: Chosen } & Record<string, unknown>; revision: number }

const path = "/api/v1/settings";
const themes: ThemeChoice[] = ["system", "light", "dark"];
/** Changes are sent when they have rested for so long. */
const restMs = 500;
let isKept = false;
let isTaking = false;
let waiting: Chosen = {};
let timer = 0;
let forget: () => void = () => undefined;

/** Takes over what the server knows; called when it is known who uses the page. */
export async function followSettings(): Promise<void> {
  isKept = await hasRoute(path);
  if (!isKept) return;
  const { settings } = await get<Told>(path);
  const chosen = settings.web ?? {};
  isTaking = true;
  try {
    if (chosen.theme && themes.includes(chosen.theme)) chooseTheme(chosen.theme);
    if (languages.some(({ code }) => code === chosen.language)) await chooseLanguage(chosen.language as Language);
    if (Array.isArray(chosen.folders)) takeEmptyFolders(chosen.folders);
  } finally {
    isTaking = false;
  }
  // Made here before the server kept them.
  if (!chosen.folders && emptyFoldersNow().length > 0) tell({ folders: emptyFoldersNow() });
}

/** Nobody is there any more whose settings these would be. */
export function leaveSettings(): void {
  isKept = false;
  waiting = {};
}

function tell(members: Chosen): void {
  if (!isKept || isTaking) return;
  waiting = { ...waiting, ...members };
  window.clearTimeout(timer);
  timer = window.setTimeout(sendNow, restMs);
  forget();
  forget = whenLeaving(sendNow);
}

function sendNow(): void {
  window.clearTimeout(timer);
  forget();
  const web = waiting;
  waiting = {};
  if (Object.keys(web).length === 0) return;
  // A setting that cannot be kept is no reason to disturb anybody; it holds here all the same.
  send("PATCH", path, { settings: { web } }).catch(() => undefined);
}

onTheme((theme) => tell({ theme }));
onLanguage((language) => tell({ language }));
onEmptyFolders((folders) => tell({ folders }));
