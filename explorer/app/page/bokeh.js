// What Bokeh does again and again though nobody sees it, of the app's page and of the page that solves itself.

/**
 * Have plots drawn as their models say. Bokeh asks the page's style for each colour and width as well, whenever it
 * draws: the style is computed anew for that, and no style sheet of these pages says anything of plots.
 */
function draw_as_models_say() {
  Bokeh.require("core/visuals/visual").VisualProperties.prototype._get_css_value = () => ""
}

/** Lay out once a frame, however many parts of the page have changed their size in it: Bokeh does for each of them. */
function lay_out_once_a_frame() {
  const {LayoutDOMView} = Bokeh.require("models/layouts/layout_dom")
  const waiting = new Set()
  const lay_out = () => {
    const roots = [...waiting]
    waiting.clear()
    for (const root of roots) root.compute_layout()
  }
  LayoutDOMView.prototype._after_resize = function () {
    let root = this
    while (root.parent instanceof LayoutDOMView) root = root.parent
    if (!waiting.size) requestAnimationFrame(lay_out)
    waiting.add(root)
  }
}

/**
 * Import components as browsers do. Panel has a library for it that reads each module through first, for the sake of
 * browsers that know no import maps, which nothing on these pages needs.
 */
function import_natively() {
  window.importShim = address => import(address)
  window.importShim.addImportMap = () => {}
}
