import { t } from "../i18n";
import { bytes } from "../ui/format";
import { type Attachment, newId } from "./types";

const imageBytesMax = 20 << 20;
const textBytesMax = 1 << 20;
const imageTypes = new Set(["image/png", "image/jpeg", "image/webp", "image/gif"]);

/** @throws an error that says why a file cannot be attached. */
export async function readFile(file: File): Promise<Attachment> {
  const name = file.name.slice(0, 200) || t("md.image");
  if (imageTypes.has(file.type)) {
    if (file.size > imageBytesMax) throw new Error(t("error.large", { name, max: bytes(imageBytesMax) }));
    return { id: newId(), name, kind: "image", content: await dataAddress(file), size: file.size };
  }
  if (file.size > textBytesMax) throw new Error(t("error.large", { name, max: bytes(textBytesMax) }));
  const data = new Uint8Array(await file.arrayBuffer());
  try {
    const content = new TextDecoder("utf-8", { fatal: true }).decode(data);
    if (content.includes("\u0000")) throw new Error("binary");
    return { id: newId(), name, kind: "text", content, size: file.size };
  } catch {
    throw new Error(t("error.binary", { name }));
  }
}

function dataAddress(file: File): Promise<string> {
  return new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(String(reader.result));
    reader.onerror = () => failed(reader.error ?? new Error(file.name));
    reader.readAsDataURL(file);
  });
}
