// A text that changes without a layout of the whole page: all that is needed here of Panel's model of that name, which
// would bring a megabyte of scripts along.

/** Make it known to Bokeh, whose scripts are there. */
export function register_words() {
  const {Markup} = Bokeh.require("models/widgets/markup")
  const {WidgetView} = Bokeh.require("models/widgets/widget")

  class WordsView extends WidgetView {
    connect_signals() {
      super.connect_signals()
      this.on_change(this.model.properties.text, () => this.fill())
    }

    render() {
      super.render()
      this.words = document.createElement("div")
      this.shadow_el.append(this.words)
      this.fill()
    }

    /** Python escapes a text once more than HTML needs, see `LivePane.say`. */
    fill() {
      this.words.innerHTML = new DOMParser().parseFromString(this.model.text, "text/html").documentElement.textContent
    }
  }

  class HTML extends Markup {}
  HTML.__qualified__ = "panel.models.markup.HTML" // as documents name it
  HTML.prototype.default_view = WordsView
  HTML.define(({Bool}) => ({run_scripts: [Bool, false]}))
  Bokeh.Models.register(HTML)
}
