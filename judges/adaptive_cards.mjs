// Reads {NAME: card, …} as JSON from standard input; writes {NAME: [complaint, …], …} of Microsoft's own library.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const { AdaptiveCard, HostConfig, SerializationContext, Version } = createRequire(import.meta.url)("adaptivecards/dist/adaptivecards.js");

function complaints(json) {
  const context = new SerializationContext(json.version === "1.3" ? Version.v1_3 : Version.v1_5);
  const card = new AdaptiveCard();
  const inTheMenu = (json.actions ?? []).filter((action) => action.mode === "secondary").length;
  card.hostConfig = new HostConfig({ actions: { maxActions: 6 + inTheMenu } }); // as many as Teams shows, and those in its menu
  card.parse(json, context);
  const found = [];
  for (let i = 0; i < context.eventCount; i++) found.push(context.getEventAt(i).message);
  for (const event of card.validateProperties().validationEvents) found.push(event.message);
  return found;
}

const cards = JSON.parse(readFileSync(0, "utf8"));
const verdicts = Object.fromEntries(Object.entries(cards).map(([name, card]) => [name, complaints(card)]));
process.stdout.write(JSON.stringify(verdicts));
