import { useEffect, useMemo, useRef, useState } from "react";
import { startNew } from "../chat/talk/saying";
import { useSummaries } from "../chat/talk/state";
import { conversationStore } from "../chat/conversationStore";
import { chooseLanguage, languages, t } from "../i18n";
import { Icon } from "../ui/Icon";
import { navigate } from "./router";
import { navigation } from "./navigation";
import { talkCommands } from "../chat/commands";
import { chooseTheme } from "./theme";

export interface Command {
  id: string;
  icon: string;
  text: string;
  detail?: string;
  run(): void;
}

const shownMax = 40;

/** Everything by name: pages, conversations, and what stands in them. */
export default function Palette({ onClose }: { onClose(): void }): JSX.Element {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const [found, setFound] = useState<{ id: string; excerpt: string }[]>([]);
  const place = useRef<HTMLDialogElement>(null);
  const summaries = useSummaries();
  useEffect(() => {
    if (!place.current?.open) place.current?.showModal();
  }, []);
  useEffect(() => {
    if (text.trim().length < 2) return setFound([]);
    let isHere = true;
    const timer = window.setTimeout(() => {
      conversationStore().then((store) => store.search(text)).then((result) => { if (isHere) setFound(result); }, () => undefined);
    }, 120);
    return () => { isHere = false; window.clearTimeout(timer); };
  }, [text]);
  const commands = useMemo(() => {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (name: string) => words.every((word) => name.toLowerCase().includes(word));
    const fixed: Command[] = [
      { id: "new", icon: "square-pen", text: t("chat.new"), run: startNew },
      ...navigation.flatMap(({ pages }) => pages).filter(({ page }) => page !== "chat").map(({ page, icon }): Command => ({
        id: page, icon, text: t(`nav.${page}`), run: () => navigate(page),
      })),
      ...talkCommands(),
      { id: "light", icon: "sun", text: t("settings.light"), run: () => chooseTheme("light") },
      { id: "dark", icon: "moon", text: t("settings.dark"), run: () => chooseTheme("dark") },
      ...languages.map(({ code, name }): Command => ({ id: code, icon: "languages", text: name, run: () => void chooseLanguage(code) })),
    ];
    const titles = new Map(summaries.map((summary) => [summary.id, summary.title]));
    const chats = summaries.filter(({ title }) => fits(title)).slice(0, words.length > 0 ? 20 : 6)
      .map(({ id, title }): Command => ({ id, icon: "message-square", text: title, run: () => navigate("chat", id) }));
    const inside = found.filter(({ id }) => titles.has(id) && !chats.some((chat) => chat.id === id))
      .map(({ id, excerpt }): Command => ({
        id: `in-${id}`, icon: "text-search", text: titles.get(id) ?? "", detail: excerpt, run: () => navigate("chat", id),
      }));
    return [...fixed.filter((command) => fits(command.text)), ...chats, ...inside].slice(0, shownMax);
  }, [text, summaries, found]);
  const index = Math.min(at, commands.length - 1);
  const run = (command: Command | undefined) => {
    if (!command) return;
    onClose();
    command.run();
  };
  return (
    <dialog ref={place} className="palette" aria-label={t("keys.palette")} onCancel={(event) => { event.preventDefault(); onClose(); }}
      onClick={(event) => { if (event.target === place.current) onClose(); }}>
      <div className="palette-body">
        <input type="text" role="combobox" aria-expanded="true" aria-controls="commands" value={text} placeholder={t("palette.hint")}
          aria-label={t("palette.hint")} aria-activedescendant={commands[index] ? `command-${index}` : undefined} dir="auto"
          onChange={(event) => { setText(event.target.value); setAt(0); }}
          onKeyDown={(event) => {
            if (event.key === "ArrowDown") { event.preventDefault(); setAt(Math.min(commands.length - 1, index + 1)); }
            else if (event.key === "ArrowUp") { event.preventDefault(); setAt(Math.max(0, index - 1)); }
            else if (event.key === "Enter") { event.preventDefault(); run(commands[index]); }
          }} />
        <ul id="commands" role="listbox" aria-label={t("keys.palette")}>
          {commands.map((command, row) => (
            // The box above has the keyboard.
            <li key={command.id} id={`command-${row}`} role="option" aria-selected={row === index} onMouseMove={() => setAt(row)} onClick={() => run(command)}
              ref={(element) => { if (row === index) element?.scrollIntoView({ block: "nearest" }); }}>
              <Icon name={command.icon} />
              <span dir="auto">{command.text}{command.detail && <small dir="auto">{command.detail}</small>}</span>
            </li>
          ))}
        </ul>
        {commands.length === 0 && <p className="muted none">{t("palette.none")}</p>}
      </div>
    </dialog>
  );
}
