// Tabs of which one is a stop of the Tab key; arrow keys lead to the others.
const STEPS = {ArrowLeft: -1, ArrowRight: 1}

export function render({model}) {
  const list = document.createElement("div")
  list.setAttribute("role", "tablist")
  list.setAttribute("aria-label", tr("Questions"))
  const tabs = JSON.parse(model.questions).map(([question, textContent]) => {
    const tab = Object.assign(document.createElement("button"), {type: "button", textContent, question})
    tab.setAttribute("role", "tab")
    tab.addEventListener("click", () => open(tab))
    return tab
  })
  list.append(...tabs)

  const show = chosen => {
    for (const tab of tabs) {
      const isOpen = tab.question === chosen
      tab.ariaSelected = String(isOpen)
      tab.tabIndex = isOpen ? 0 : -1
      if (isOpen) into_sight(tab)
    }
  }
  const open = tab => {
    if (tab.ariaSelected === "true") return
    show(tab.question) // at once, whatever the answer takes
    fade(list, model.chosen === tab.question ? 1 : 0.4) // what is not its answer
    model.send_msg(tab.question)
  }
  list.addEventListener("keydown", event => {
    const at = tabs.indexOf(event.target)
    const ends = {Home: 0, End: tabs.length - 1}
    const to = ends[event.key] ?? (at + STEPS[event.key] + tabs.length) % tabs.length
    if (!(to in tabs) || event.altKey || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    open(tabs[to])
    tabs[to].focus()
  })

  // a fade where more is to be scrolled to
  const say_what_is_cut = () => {
    const beyond = list.scrollWidth - list.clientWidth - list.scrollLeft
    list.classList.toggle("more-before", list.scrollLeft > 1)
    list.classList.toggle("more-after", beyond > 1)
  }
  list.addEventListener("scroll", say_what_is_cut, {passive: true})
  const seen = new ResizeObserver(() => {
    into_sight(tabs.find(tab => tab.tabIndex === 0))
    say_what_is_cut()
  })
  seen.observe(list)
  model.on("remove", () => seen.disconnect())
  const answered = () => {
    show(model.chosen)
    fade(list, 1)
    requestAnimationFrame(() => name_answers(list))
  }
  model.on("chosen", answered)
  answered()
  return list
}

/** Scroll the strip, and not the page. */
function into_sight(tab) {
  const list = tab.parentElement
  const [before, after] = [tab.offsetLeft - list.scrollLeft, tab.offsetLeft + tab.offsetWidth - list.scrollLeft - list.clientWidth]
  const MARGIN = 40 // so that the next one is seen
  if (before < MARGIN) list.scrollLeft += before - MARGIN
  else if (after > -MARGIN) list.scrollLeft += after + MARGIN
}

function fade(list, opacity) {
  const pane = list.getRootNode().host?.getRootNode().host
  pane?.style.setProperty("--answers-opacity", opacity)
}

/** What stands below is what the tab opens: the next thing on the page. */
function name_answers(list) {
  const answers = list.getRootNode().host?.nextElementSibling
  if (!answers) return
  answers.role = "tabpanel"
  answers.ariaLabel = list.querySelector("[aria-selected=true]")?.textContent ?? ""
}
