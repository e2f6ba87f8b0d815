import "./chat.test";
import "./heavy.test";
import "./markdown.test";
import "./talks.test";
import { run } from "./check";

declare const process: { stdout: { write(text: string): void } };

void run((text) => process.stdout.write(text));
