// A table of pins. Python sends texts; a name is a field, so that it can be typed over.
export function render({model, data}) {
  const card = element("div", {className: "pins"})
  const show = () => {
    if (!data.shown) return
    const {columns, rows, ghost, longest} = JSON.parse(data.shown)
    const focused = card.getRootNode().activeElement?.dataset?.key
    const headers = [tr("Against"), tr("State"), ...columns, ""].map(text => element("th", {scope: "col", textContent: text}))
    const body = rows.map(row => line(row, columns, ghost, longest, say => model.send_msg(say)))
    const take = keyed("take", element("button", {type: "button", className: "take", textContent: tr("Save …"), ariaHasPopup: "menu",
      ariaExpanded: "false", ariaLabel: `${tr("Pinned states")} ${tr("Take home")}`}))
    Object.assign(take.dataset, {card: tr("Pinned states"), only: "table"})
    card.replaceChildren(element("table", {},
      element("caption", {textContent: tr("Pinned states: headline figures, each with its change against the one marked")}),
      element("thead", {}, element("tr", {}, ...headers)), element("tbody", {}, ...body)), take)
    if (focused) card.querySelector(`[data-key="${focused}"]`)?.focus()
  }
  model.on("shown", show)
  show()
  return card
}

function line({id, name, scenario, of, cells}, columns, ghost, longest, send) {
  const is_pin = id > 0
  // of another scenario: that is opened first
  const reopen = () => of ? globalThis[Symbol.for("wattlas.switch")]?.choose(scenario, id) : send({reopen: id})
  const mark = keyed(`compare-${id}`, element("input", {type: "radio", name: "against", checked: id === ghost,
    ariaLabel: tr("Compare with {}", name), onchange: () => send({compare: id})}))
  const field = keyed(`name-${id}`, element("input", {type: "text", value: name, maxLength: longest,
    title: tr("Type another name"),
    ariaLabel: tr("Name of {}", name), onchange: event => send({rename: id, name: event.target.value})}))
  const figures = cells.map(([value, change], k) => element("td", {}, element("i", {textContent: columns[k]}), element("b", {textContent: value}),
    element("small", {textContent: change})))
  const press = (key, text, label, onclick) => keyed(`${key}-${id}`,
    element("button", {type: "button", textContent: text, ariaLabel: label, onclick}))
  const actions = () => [
    press("Reopen", tr("Reopen"), tr("Reopen {}", name), reopen),
    press("Remove", tr("Remove"), tr("Remove {}", name), () => send({remove: id})),
  ]
  return element("tr", {className: id === null ? "now" : id === ghost ? "ghost" : ""},
    element("td", {}, ...(id === null ? [] : [mark])),
    element("th", {scope: "row"}, ...(of ? [element("small", {className: "of", textContent: of})] : []),
      is_pin ? field : element("span", {textContent: name})),
    ...figures,
    element("td", {className: "actions"}, ...(is_pin ? actions() : [])))
}

function keyed(key, made) {
  made.dataset.key = key
  return made
}

function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties)
  made.append(...children)
  return made
}
