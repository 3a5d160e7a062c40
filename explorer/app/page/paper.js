// A printed page is light, whatever it is on screen: of the app's page and of the page that solves itself.

const [INK, QUIET_INK, LINE, FAINT_LINE, PAPER] = ["#000", "#444", "#0008", "#0002", "#fff"]
const ON_PAPER = {
  axis_label_text_color: INK, title_text_color: INK, label_text_color: INK, text_color: INK, major_label_text_color: QUIET_INK,
  axis_line_color: LINE, major_tick_line_color: LINE, minor_tick_line_color: LINE, grid_line_color: FAINT_LINE,
  background_fill_color: PAPER, border_fill_color: PAPER,
}
const FRAMES = /(Axis|Grid|ColorBar|Legend|Title|Figure)$/ // of plots; what is drawn in them has its colours by meaning

/** Have plots as on a light page while the page is printed. What follows from their colours is there when the next listener is called. */
function print_light() {
  let kept = []
  addEventListener("beforeprint", () => {
    kept = Bokeh.documents.flatMap(({all_models}) => [...all_models]).filter(({type}) => FRAMES.test(type)).map(model => [model, looks_of(model)])
    for (const [model, looks] of kept) model.setv(Object.fromEntries(Object.keys(looks).map(name => [name, ON_PAPER[name]])), {sync: false})
  })
  addEventListener("beforeprint", paint_at_once)
  addEventListener("afterprint", () => {
    for (const [model, looks] of kept) model.setv(looks, {sync: false})
    kept = []
  })
}

/** The colours of a part of a plot that differ on paper, as they are. */
function looks_of(model) {
  return Object.fromEntries(Object.keys(ON_PAPER).filter(name => model.attributes[name]).map(name => [name, model.attributes[name]]))
}

/** Paint all plots: there is no frame between the word that a page is printed and the print. */
function paint_at_once() {
  for (const plot of Bokeh.index.query(view => view.canvas_view)) {
    plot.invalidate_painters()
    plot.paint()
  }
}
