// Does in Microsoft's Agents Playground what people do in Teams, and takes a picture of each step.
// node drive.mjs ADDRESS PICTURES LINK FILE → standard output: {"step": "what is to be seen" or "!what went wrong"}
// FILE is the standard whose clause is edited while everybody looks on.

import { readFileSync, writeFileSync } from "node:fs";
import { chromium } from "playwright-core";

const [address, pictures, link, standard] = process.argv.slice(2);
const QUESTION = "how do we encrypt buckets?";
const FOUND = "customer-managed KMS key";

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
const page = await browser.newPage({ viewport: { width: 1400, height: 1000 } });
await page.route((url) => url.hostname !== "127.0.0.1", (route) => route.abort());
page.setDefaultTimeout(40_000);

const seen = {};
const chat = () => page.getByText("Personal Chat", { exact: true }).first().click();
const channel = (name) => page.getByText(name, { exact: true }).first().click();
const button = (label) => page.getByRole("button", { name: label, exact: true }).last();
const toBeSeen = (text) => page.getByText(text).last().waitFor();
const edit = (old, now) => writeFileSync(standard, readFileSync(standard, "utf8").replace(old, now));
const card = () => page.locator(".ac-adaptiveCard").last();

async function say(text) {
  await page.locator("[contenteditable=true]").first().click();
  await page.keyboard.type(text);
  await page.getByLabel("Send Message").click();
}

async function extension(kind) {
  await page.getByLabel("Trigger Message Extension App").first().click();
  await page.getByText(kind, { exact: true }).click();
}

const steps = {
  async welcome() {
    await page.goto(address);
    await toBeSeen("Hello, I am Archway");
    return card().innerText();
  },
  async message() {
    await say(QUESTION);
    await toBeSeen(FOUND);
    return card().innerText();
  },
  async button_with_update() {
    await button("More").click();
    await page.waitForFunction(() => ![...document.querySelectorAll(".ac-adaptiveCard")].at(-1)?.innerText.includes("More\n"));
    return card().innerText();
  },
  async button_with_a_word() {
    await button("Helpful").click();
    const word = page.getByText(/thank/i).last();
    await word.waitFor();
    return word.innerText();
  },
  async mention() {
    await channel("Announcements");
    await page.getByText("Post", { exact: true }).first().click();
    await page.keyboard.type("@");
    await page.getByText("Megan Bowen").last().waitFor();
    await page.getByText("Test Bot").last().click();
    await page.keyboard.type(` ${QUESTION}`);
    await page.getByText("Post", { exact: true }).last().click();
    await toBeSeen(FOUND);
    return page.locator("body").innerText();
  },
  async share_posts_in_a_channel() {
    await chat();
    await button("Share in channel").click();
    const choice = page.locator(".ac-adaptiveCard select, .ac-adaptiveCard input, .ac-adaptiveCard [role=combobox]").last();
    await choice.waitFor();
    await page.screenshot({ path: `${pictures}/share_form.png` });
    if ((await choice.evaluate((element) => element.tagName)) === "SELECT") await choice.selectOption({ index: 1 });
    else {
      await choice.click();
      await page.getByRole("option").first().click();
    }
    await button("Share").click();
    await toBeSeen(/Shared by/);
    await channel("Announcements");
    await page.getByText(/Shared by/).first().waitFor().catch(() => channel("General"));
    await toBeSeen(/Shared by/);
    return page.locator("body").innerText();
  },
  async search() {
    await chat();
    await extension("Search Command");
    await page.getByPlaceholder("Enter a search term").fill("encrypt buckets");
    await page.getByText(/STD-003 · standard/).last().waitFor();
    return page.locator("body").innerText();
  },
  async inserted_result() {
    await page.getByText("Encryption in transit and at rest").last().click();
    await page.getByLabel("Send Message").click();
    await page.waitForTimeout(1500); // nothing on the page tells that the message is drawn
    return card().innerText();
  },
  async action_on_a_message() {
    const menus = page.getByLabel("Show more information"); // the first is the welcome's, the second mine
    await menus.nth(1).click();
    await page.getByText("Action Command", { exact: true }).click();
    await page.getByRole("button", { name: "Create" }).click();
    const dialog = page.getByRole("dialog").last();
    await dialog.getByText(FOUND).first().waitFor();
    return dialog.innerText();
  },
  async action_without_a_message() {
    await page.keyboard.press("Escape");
    await page.goto(address);
    await extension("Action Command");
    await page.getByRole("button", { name: "Create" }).click();
    const dialog = page.getByRole("dialog").last();
    await dialog.locator("input, textarea").first().fill("do buckets have to be encrypted?");
    await page.screenshot({ path: `${pictures}/question_form.png` });
    await dialog.getByRole("button", { name: /ask/i }).click();
    await page.getByRole("dialog").last().getByText(FOUND).first().waitFor();
    return page.getByRole("dialog").last().innerText();
  },
  async unfurl() {
    await page.goto(address);
    await extension("Link Unfurling");
    await page.getByLabel("Enter an URL").pressSequentially(link);
    await page.getByText("Encryption in transit and at rest").last().waitFor();
    await page.screenshot({ path: `${pictures}/unfurl_preview.png` });
    await button("Send to Conversation").click();
    await page.waitForTimeout(1500); // as above
    return card().innerText();
  },
  async subscribe() {
    await chat();
    await say("subscribe standards");
    await toBeSeen(/To stop it/);
    return card().innerText();
  },
  async subscribe_a_channel() {
    await channel("Announcements");
    await page.getByText("Post", { exact: true }).first().click();
    await page.keyboard.type("@");
    await page.getByText("Megan Bowen").last().waitFor();
    await page.getByText("Test Bot").last().click();
    await page.keyboard.type(" subscribe standards");
    await page.getByText("Post", { exact: true }).last().click();
    await toBeSeen(/To stop it/);
    return page.locator("body").innerText();
  },
  async a_change_is_told() {
    await chat();
    edit("customer-managed KMS key", "customer-managed HSM key");
    await toBeSeen(/HSM/);
    return card().innerText();
  },
  async a_change_is_told_in_the_channel() {
    await channel("Announcements");
    await toBeSeen(/HSM/);
    return page.locator("body").innerText();
  },
  async the_post_is_updated() {
    await chat();
    edit("customer-managed HSM key", "customer-managed HSM key, rotated every year");
    await toBeSeen(/rotated every year/);
    return page.locator("body").innerText();
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
console.log(JSON.stringify(seen));
await browser.close();
