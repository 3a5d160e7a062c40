// Plays a story whose texts and answers the page has: to the bar it is what the app's Python is, wherever states come from.

/** `put(n)` brings about the state of a step, that of -1 being the one that the page was opened in. */
function recordedStory({title, steps}, put) {
  const guesses = new Map()
  const listeners = []

  const tell = shown => {
    model.shown = shown ? JSON.stringify(shown) : ""
    for (const listener of listeners) listener()
  }
  const go = n => {
    const {text, answer, right, ...said} = steps[n]
    const waits = Boolean(said.asked) && !guesses.has(n)
    put(waits ? n - 1 : n)
    const held = said.asked && {guess: guesses.get(n), answer, right: fits(guesses.get(n), right)}
    tell({n, of: steps.length, waits, ...said, ...(waits ? {} : {text, ...held})})
  }
  const model = {
    title,
    shown: "",
    on: (event, listener) => event === "shown" && listeners.push(listener),
    send_msg: ({go: to, guess, close}) => {
      if (close) return tell(null)
      if (guess) guesses.set(...guess)
      go(guess ? guess[0] : to)
    },
  }
  return model
}

/** Whether a guess is the direction, or between the least and the most that count. */
function fits(guess, right) {
  return Array.isArray(right) ? right[0] <= guess && guess <= right[1] : guess === right
}
