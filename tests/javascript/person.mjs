// The person's part, played with fetch by the page contract: names of inputs, ids of buttons and links.

const DECODED = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&#34;": '"', "&#39;": "'" };
const decode = (text) => text.replace(/&(amp|lt|gt|#34|#39);/g, (entity) => DECODED[entity]);

const attributes = (tag) =>
  Object.fromEntries(
    [...tag.matchAll(/([a-z_-]+)(?:="([^"]*)")?/g)].slice(1).map(([, name, value]) => [name, decode(value ?? "")]),
  );

const tags = (html, name) => [...html.matchAll(new RegExp(`<${name}\\b[^>]*>`, "g"))].map(([tag]) => attributes(tag));

export class Person {
  constructor(issuer, typed, decision = "consent-allow") {
    this.issuer = issuer;
    this.typed = typed;
    this.decision = decision;
    this.cookies = new Map();
  }

  /** From `address` through every page to the address elsewhere that the browser is sent to. */
  async opens(address) {
    let response = await this.#fetch(address);
    for (let step = 0; step < 12; step++) {
      if (response.status === 303) {
        const where = new URL(response.headers.get("location"), response.url);
        if (where.origin !== new URL(this.issuer).origin) return where;
        response = await this.#fetch(where);
        continue;
      }
      const html = await response.text();
      if (response.status !== 200) throw new Error(`${response.status}: ${html}`);
      const link = tags(html, "a").find(({ id }) => id === "continue");
      if (link) return new URL(link.href);
      if (html.includes('<button class="go" id="continue">')) return this.#posting(html);
      const pressed = await this.#press(html, response.url);
      if (!pressed) return new URL(response.url);
      response = pressed;
    }
    throw new Error("the pages lead nowhere");
  }

  /** As `opens`, where the answer is posted: the request that the app would receive. */
  async posts(address) {
    return this.opens(address);
  }

  #posting(html) {
    const body = new URLSearchParams();
    for (const { name, value } of tags(html, "input")) body.set(name, value);
    return new Request(tags(html, "form")[0].action, { method: "POST", body });
  }

  async #press(html, base) {
    for (const [form] of html.matchAll(/<form\b.*?<\/form>/gs)) {
      const button = tags(form, "button").find(({ id }) =>
        ["login-submit", "device-submit", this.decision].includes(id),
      );
      if (!button) continue;
      const body = new URLSearchParams();
      for (const { name, value = "" } of tags(form, "input")) body.set(name, this.typed[name] ?? value);
      if (button.name) body.set(button.name, button.value);
      return this.#fetch(new URL(tags(form, "form")[0].action, base), { method: "POST", body });
    }
    return null;
  }

  async #fetch(address, options = {}) {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(address, { ...options, redirect: "manual", headers: cookie ? { cookie } : {} });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (value) this.cookies.set(name, value);
      else this.cookies.delete(name);
    }
    return response;
  }
}
