// Opens an incident in a group chat of Microsoft's Agents Playground, records a decision by form, and asks for a review of a design.
// node bridge.mjs ADDRESS PICTURES → standard output: {"step": "what is to be seen" or "!what went wrong"}

import { chromium } from "playwright-core";

const [address, pictures] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
const page = await browser.newPage({ viewport: { width: 1400, height: 1000 } });
await page.route((url) => url.hostname !== "127.0.0.1", (route) => route.abort());
page.setDefaultTimeout(40_000);

const seen = {};
const card = (words) => page.locator(".ac-adaptiveCard", { hasText: words }).last();
const personal = () => page.getByText("Personal Chat", { exact: true }).first().click();
const architects = () => page.getByText("Architects", { exact: true }).first().click();

async function mention(words) {
  await page.locator("[contenteditable=true]").first().click();
  await page.keyboard.type("@");
  await page.getByText("Megan Bowen").last().waitFor();
  await page.getByText("Test Bot").last().click();
  await page.keyboard.type(` ${words}`);
  await page.getByLabel("Send Message").click();
}

async function say(words) {
  await page.locator("[contenteditable=true]").first().click();
  await page.keyboard.type(words);
  await page.getByLabel("Send Message").click();
}

async function choose(form, label, answer) {
  await form.getByLabel(label).first().click();
  await page.getByRole("option", { name: answer, exact: true }).last().click();
}

const steps = {
  async an_incident_is_opened() {
    await page.goto(address);
    await page.getByText("Hello, I am Archway").last().waitFor();
    await architects();
    await page.getByText("Hello, I am Archway").last().waitFor();
    await mention("incident SEV-2 Search is slow");
    await card("Nothing is decided yet").waitFor();
    return card("Nothing is decided yet").innerText();
  },
  async a_decision_is_recorded_by_its_words() {
    await mention("decide contain the crawler");
    await card("Decided by").waitFor();
    return card("Decided by").innerText();
  },
  async the_form_of_a_decision() {
    await card("is in command").getByRole("button", { name: "Record decision", exact: true }).click();
    await card("Clauses set aside").waitFor();
    return card("Clauses set aside").innerText();
  },
  async a_decision_is_recorded_by_the_form() {
    const form = card("Clauses set aside");
    await choose(form, "Kind", "Roll back");
    await form.getByLabel("What is decided").first().fill("Release 41 is taken back");
    await form.getByLabel("Why").first().fill("It began with it.");
    await page.screenshot({ path: `${pictures}/decision_filled_in.png` });
    await form.getByRole("button", { name: "Record decision", exact: true }).click();
    await card("Decision 2").waitFor();
    await card("Release 41 is taken back").waitFor();
    return card("Release 41 is taken back").innerText();
  },
  async the_form_of_a_review() {
    await personal();
    await say("review");
    await page.getByRole("button", { name: "Request a review", exact: true }).last().click();
    await card("reversible").waitFor();
    return card("reversible").innerText();
  },
  async a_review_is_asked_for() {
    const form = card("reversible");
    await form.getByLabel("Title").first().fill("Exports in buckets");
    await form.getByLabel("Description").first().fill("Checkout writes encrypted exports into storage buckets of its own.");
    await choose(form, "scope", "team");
    await choose(form, "reversible", "hard");
    await choose(form, "spend", "none");
    await page.screenshot({ path: `${pictures}/review_filled_in.png` });
    await form.getByRole("button", { name: "Send", exact: true }).click();
    await page.getByText(/RV-1/).last().waitFor();
    return page.locator("body").innerText();
  },
  async those_who_review_are_asked() {
    await architects();
    await card("for a review of a design").waitFor();
    return card("for a review of a design").innerText();
  },
};

for (const [name, step] of Object.entries(steps)) {
  try {
    seen[name] = await step();
  } catch (error) {
    seen[name] = `!${error.message.slice(0, 500)}`;
  }
  await page.screenshot({ path: `${pictures}/${name}.png` });
}
console.log(JSON.stringify(seen, null, 1));
await browser.close();
