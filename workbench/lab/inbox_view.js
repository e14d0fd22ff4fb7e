// The inbox in a cell: asks the kernel each second for what came, and shows what it answers.
const STATES = ["", "new", "processing", "retry", "done", "dead", "quarantined", "erased"];
const COLUMNS = ["number", "at", "state", "restaurant", "target", "events", "repeats", "trouble"];
const EVERY = 1000; // milliseconds
const PATIENCE = 15000; // until it asks again a kernel that was busy

function make(name, given = {}, ...inside) {
  const made = Object.assign(document.createElement(name), given);
  made.append(...inside);
  return made;
}

function render({ model, el }) {
  const chosen = new Set();
  let asked = 0;
  const state = make("select", { ariaLabel: "State" });
  for (const name of STATES) state.append(make("option", { value: name }, name || "any state"));
  const order = make("input", { type: "search", placeholder: "order or reservation" });
  const text = make("input", { type: "search", placeholder: "text in the body" });
  order.ariaLabel = "Order or reservation";
  text.ariaLabel = "Text in the body";
  const again = make("button", { disabled: true }, "Replay");
  const note = make("span", { role: "status" });
  const head = make("tr", {}, make("th"), ...COLUMNS.map((name) => make("th", {}, name)));
  const body = make("tbody");
  const table = make("table", {}, make("thead", {}, head), body);
  const box = make("div", {}, table);
  box.style.cssText = "max-height:24em;overflow:auto";
  const opened = make("div");
  el.append(make("div", {}, state, " ", order, " ", text, " ", again, " ", note), box, opened);

  const look = () => {
    asked = Date.now();
    model.send({ do: "look", state: state.value, order: order.value, text: text.value });
  };

  const draw = (rows) => {
    const focus = document.activeElement?.dataset?.number;
    body.replaceChildren(
      ...rows.map((row) => {
        const tick = make("input", { type: "checkbox", checked: chosen.has(row.number) });
        tick.ariaLabel = `Choose ${row.number}`;
        tick.onchange = () => {
          chosen[tick.checked ? "add" : "delete"](row.number);
          again.disabled = !chosen.size;
        };
        const open = make("button", {}, String(row.number));
        open.dataset.number = row.number;
        open.onclick = () => model.send({ do: "open", number: row.number });
        const cells = COLUMNS.slice(1).map((name) => make("td", {}, String(row[name])));
        return make("tr", {}, make("td", {}, tick), make("td", {}, open), ...cells);
      }),
    );
    if (focus) body.querySelector(`[data-number="${focus}"]`)?.focus();
  };

  const hear = (told) => {
    if (told.rows) {
      asked = 0;
      draw(told.rows);
    }
    if (told.told !== undefined) note.textContent = told.told;
    if (told.opened !== undefined) opened.innerHTML = told.opened; // escaped in the kernel
  };

  model.on("msg:custom", hear);
  for (const field of [state, order, text]) field.oninput = look;
  again.onclick = () => {
    model.send({ do: "replay", numbers: [...chosen] });
    chosen.clear();
    again.disabled = true;
    look();
  };
  const timer = setInterval(() => {
    if (!document.hidden && (!asked || Date.now() - asked > PATIENCE)) look();
  }, EVERY);
  look();
  return () => {
    clearInterval(timer);
    model.off("msg:custom", hear);
  };
}

export default { render };
