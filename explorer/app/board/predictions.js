// Shows what a room has predicted of the steps of a story, as bars: one for each direction, or for ranges of numbers.

const MOST_BARS = 9
const short = new Intl.NumberFormat("en-US", {maximumSignificantDigits: 4})
const answers = {} // by scenario and step, once they were asked for
let chosen // the step that is seen, if somebody has chosen one

/** The latest step that was guessed at, unless another is chosen; answers by `answer`, if that may be asked for. */
function showPredictions(frame, asked, answer) {
  if (!asked.length) return frame.replaceChildren()
  const id = ({scenario, step}) => `${scenario}/${step}`
  const seen = asked.find(one => id(one) === chosen) ?? asked.at(-1)
  const again = () => showPredictions(frame, asked, answer)
  const steps = asked.map(one => el("button", {
    type: "button", "aria-pressed": String(one === seen),
    onclick: () => {
      chosen = id(one)
      again()
    },
  }, one.title))
  const reveal = el("button", {
    type: "button", hidden: !answer || id(seen) in answers,
    onclick: async () => {
      const words = await answer(seen)
      if (words) answers[id(seen)] = words
      again()
    },
  }, tr("Show the answer"))
  const bars = seen.kind === "direction" ? directions(seen) : ranges(seen.guesses)
  const most = Math.max(...bars.map(([, count]) => count))
  const rows = bars.map(([words, count]) => {
    const bar = el("span", {class: "bar"})
    bar.style.width = `${100 * count / most}%`
    return el("li", {}, el("span", {class: "words"}, words), el("span", {class: "track"}, bar), el("b", {}, String(count)))
  })
  frame.replaceChildren(
    el("nav", {"aria-label": tr("Steps")}, ...steps), el("h2", {}, seen.ask), el("ol", {}, ...rows), el("p", {class: "answer"}, answers[id(seen)] ?? ""), reveal)
}

function directions({directions, guesses}) {
  const words = {rises: tr("It rises"), falls: tr("It falls"), stays: tr("It stays")}
  return directions.map(direction => [words[direction], guesses.filter(guess => guess === direction).length])
}

/** Numbers in ranges of round ends. */
function ranges(numbers) {
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)]
  const rough = (high - low) / MOST_BARS || Math.abs(high) || 1
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map(factor => factor * power).find(size => size >= rough)
  const first = Math.floor(low / step)
  return Array.from({length: Math.floor(high / step) - first + 1}, (_, n) => {
    const [from, to] = [(first + n) * step, (first + n + 1) * step]
    return [tr("{} to {}", ...[from, to].map(end => localised(short.format(end)))), numbers.filter(number => number >= from && number < to).length]
  })
}
