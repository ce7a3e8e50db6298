// Asks for an exception in Microsoft's Agents Playground by the action extension, and has somebody else decide on it in a group chat.
// node decide.mjs ADDRESS PICTURES → standard output: {"step": "what is to be seen" or "!what went wrong"}

import { chromium } from "playwright-core";

const [address, pictures] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });

async function opened() {
  const page = await browser.newPage({ viewport: { width: 1400, height: 1000 } });
  await page.route((url) => url.hostname !== "127.0.0.1", (route) => route.abort());
  page.setDefaultTimeout(40_000);
  return page;
}

// The client takes whoever looks at it for its current user, and sends what is done for whoever is named in it.
async function seenBy(id) {
  const page = await opened();
  await page.route(/\/_conversation\//, async (route) => {
    const body = route.request().postData();
    await route.continue(body ? { postData: body.replaceAll('"user-id-0"', `"${id}"`) } : {});
  });
  return page;
}

const alex = await opened();
const megan = await seenBy("user-id-1"); // an architect
const isaiah = await seenBy("user-id-3"); // of the platform
const patti = await seenBy("user-id-4"); // of security

const seen = {};
const dialog = () => alex.locator("[role=dialog]").first(); // the next one is its calendar, and hides it from roles
const card = (page) => page.locator(".ac-adaptiveCard", { hasText: "exception to STD-003.1" }).last();
const button = (page, label) => card(page).getByRole("button", { name: label, exact: true }).last();
const architects = (page) => page.getByText("Architects", { exact: true }).first().click();

async function fill(label, text) {
  await dialog().getByLabel(label).first().fill(text);
}

async function choose(label, answer) {
  await dialog().getByLabel(label).first().click();
  await alex.getByRole("option", { name: answer, exact: true }).last().click();
}

async function day(label, date) {
  const field = dialog().getByLabel(label).first();
  await field.fill(date);
  await field.press("Enter");
  await dialog().getByText("Still to be answered").click(); // beside the calendar: it closes
}

const later = new Date(Date.now() + 30 * 24 * 3600 * 1000);

const steps = {
  async the_form_by_the_action() {
    for (const page of [alex, megan, isaiah, patti]) { // a page shows what came since it was opened
      await page.goto(address);
      await page.getByText("Connected.").last().waitFor();
      await architects(page); // the bot is in that chat from now on
    }
    await alex.getByText("Hello, I am Archway").last().waitFor();
    await alex.getByText("Personal Chat", { exact: true }).first().click();
    await alex.getByLabel("Trigger Message Extension App").first().click();
    await alex.getByText("Action Command", { exact: true }).click();
    await alex.getByPlaceholder("Command ID").fill("requestException");
    await alex.getByRole("button", { name: "Create" }).click();
    await dialog().getByText("Clause or standard").waitFor();
    return dialog().innerText();
  },
  async what_is_missing_stands_beside_its_field() {
    await fill("Clause or standard", "STD-003.1");
    await fill("Service", "checkout");
    await choose("Tier", "3");
    await choose("exposure", "internal");
    await choose("data", "public");
    await day("Until", `${later.getMonth() + 1}/${later.getDate()}/${later.getFullYear()}`);
    await fill("Reason", "The vendor's appliance knows no TLS 1.3 before its next release.");
    await alex.screenshot({ path: `${pictures}/the_form_filled_in.png` });
    await dialog().getByRole("button", { name: "Send" }).click();
    await dialog().getByText("Say how it will be remedied.").waitFor(); // STD-003 makes it a moderate risk
    return dialog().innerText();
  },
  async the_request_is_sent() {
    await fill("Compensating controls", "It stands in a network of its own.");
    await fill("Remediation plan", "The vendor's release 4 is put in as soon as it is there.");
    await dialog().getByRole("button", { name: "Send" }).click();
    await alex.getByText("it waits for").last().waitFor();
    return dialog().innerText();
  },
  async those_who_decide_are_asked() {
    await dialog().getByLabel("Close").click();
    await architects(alex);
    await alex.getByText("exception to STD-003.1").last().waitFor();
    return card(alex).innerText();
  },
  async nobody_decides_on_their_own() {
    await button(alex, "Approve").click();
    await alex.getByText(/your own/).last().waitFor();
    return alex.locator("body").innerText();
  },
  async another_one_approves() {
    return approved(megan, "It still waits for platform and security.");
  },
  async the_card_waits_for_the_others() {
    await alex.getByText(/Megan Bowen/).last().waitFor();
    return card(alex).innerText();
  },
  async the_second_one_approves() {
    return approved(isaiah, "It still waits for security.");
  },
  async the_last_one_approves() {
    return approved(patti, "EX-1 counts. Approved");
  },
  async the_card_says_who_decided() {
    await alex.getByText(/Patti Fernandez/).last().waitFor();
    return card(alex).innerText();
  },
};

async function approved(page, words) {
  await page.getByText("exception to STD-003.1").last().waitFor();
  await button(page, "Approve").click();
  const word = page.getByText(words).last();
  await word.waitFor();
  return word.innerText();
}

for (const [name, step] of Object.entries(steps)) {
  try {
    seen[name] = await step();
  } catch (error) {
    seen[name] = `!${error.message.slice(0, 500)}`;
  }
  const page = { another_one_approves: megan, the_second_one_approves: isaiah, the_last_one_approves: patti }[name] ?? alex;
  await page.screenshot({ path: `${pictures}/${name}.png` });
}
console.log(JSON.stringify(seen, null, 1));
await browser.close();
