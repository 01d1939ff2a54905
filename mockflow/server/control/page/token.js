// Asks for the token of the control API, when the server wants one.

import { get, setToken } from "./api.js";
import { $, h, setText } from "./dom.js";
import { store } from "./store.js";

const dialog = $("token");
const field = h("input", { type: "password", name: "token", autocomplete: "off", required: true, spellcheck: "false" });
const wrong = h("p", { class: "wrong", role: "alert" });
dialog.append(
  h("header", {}, h("h2", { id: "token-title" }, "The control API needs a token")),
  h("form", { method: "dialog", onsubmit: send },
    h("p", {}, h("label", {}, "Token ", field)),
    h("p", { class: "muted" }, "It is that of --control-token or MOCKFLOW_CONTROL_TOKEN. This tab keeps it until it is closed."),
    wrong,
    h("p", { class: "actions" }, h("button", { class: "primary" }, "Open"))));

async function send(event) {
  event.preventDefault();
  setToken(field.value);
  try {
    await get("/clock");
  } catch (error) {
    return setText(wrong, error.status === 401 ? "This is not the token." : error.message);
  }
  field.value = "";
  dialog.close();
  store.connect();
}

store.on("token", () => {
  if (!dialog.open) dialog.showModal();
});
