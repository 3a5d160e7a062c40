// What Bokeh does again and again though nobody sees it, of the app's page and of the page that solves itself.

/** Have Bokeh do once what it does again and again. */
function spare_bokeh() {
  draw_as_models_say()
  ask_for_letters_once_a_frame()
  paint_what_is_drawn_anew()
  keep_styles_that_stay()
  place_no_glyphs()
  view_glyphs_once()
  hatch_once()
  lay_out_once_a_frame()
  lay_plots_out_alone()
  arrange_tools_that_show()
}

/**
 * Have plots drawn as their models say. Bokeh asks the page's style for each colour and width as well, whenever it
 * draws: the style is computed anew for that, and no style sheet of these pages says anything of plots.
 */
function draw_as_models_say() {
  Bokeh.require("core/visuals/visual").VisualProperties.prototype._get_css_value = () => ""
}

/** Ask the page once a frame what sizes of letters are relative to: Bokeh does so for each part of each axis. */
function ask_for_letters_once_a_frame() {
  const {prototype} = Bokeh.require("models/plots/plot_canvas").PlotView
  const {get} = Object.getOwnPropertyDescriptor(prototype, "base_font_size")
  const sizes = new Map()
  const size = function () {
    if (!sizes.size) requestAnimationFrame(() => sizes.clear())
    if (!sizes.has(this)) sizes.set(this, get.call(this))
    return sizes.get(this)
  }
  Object.defineProperty(prototype, "base_font_size", {get: size})
}

/** Paint a plot when something in it has changed, not when it fades as a whole, which the page does by itself. */
function paint_what_is_drawn_anew() {
  const {prototype} = Bokeh.require("models/plots/plot_canvas").PlotView
  const {connect} = prototype
  prototype.connect = function (signal, slot) {
    if (signal !== this.model.change) return connect.call(this, signal, slot)
    const {styles, ...drawn} = this.model.properties
    this.on_change(Object.values(drawn), slot)
    return true
  }
}

/**
 * Leave style sheets alone that say already what they shall. Whenever a plot is painted, each of its parts states
 * its place anew, and the next to ask the page for a size or a font has all of them read and laid out for that.
 */
function keep_styles_that_stay() {
  const {prototype} = Bokeh.require("core/dom").InlineStyleSheet
  const write = prototype._update
  prototype._update = function (css) {
    if (css !== this.css) write.call(this, css)
  }
}

/** Have glyphs lie nowhere on the page: nothing is in their elements, and whenever one moved, the page was styled anew. */
function place_no_glyphs() {
  const {prototype} = Bokeh.require("models/renderers/glyph_renderer").GlyphRendererView
  prototype.update_position = function () {
    this.position.replace(":host { display: none; }")
  }
}

/**
 * Have one view of glyphs that look alike. Bokeh has further ones for what is selected, is not, is muted, or is left of many in
 * motion, five of each, which it has compute all that they draw anew whenever a number changes.
 */
function view_glyphs_once() {
  const {prototype} = Bokeh.require("models/renderers/glyph_renderer").GlyphRendererView
  const {build_view} = Bokeh.require("core/build_views")
  const {lazy_initialize, children_views} = prototype
  const rest = Object.getPrototypeOf(prototype).lazy_initialize
  const same_as = view => {
    const nothing = () => {}
    const told = ["set_base", "set_data", "set_visuals", "after_visuals", "after_lazy_visuals", "map_data", "remove"]
    const same = Object.fromEntries(told.map(name => [name, nothing]))
    return Object.assign(Object.create(view), {...same, paint: (...given) => view.paint(...given), same_as: view})
  }
  prototype.lazy_initialize = async function () {
    const {view, glyph, selection_glyph, nonselection_glyph, hover_glyph, muted_glyph} = this.model
    const others = {selection_glyph, nonselection_glyph, hover_glyph, muted_glyph, decimated_glyph: null}
    if (Object.values(others).includes("auto")) return lazy_initialize.call(this)
    await rest.call(this)
    this.cds_view = await build_view(view, {parent: this})
    this.glyph = await this.build_glyph_view(glyph)
    for (const [name, other] of Object.entries(others)) {
      if (name === "hover_glyph" && !other) continue
      this[name] = other ? await this.build_glyph_view(other) : same_as(this.glyph)
      this[name].set_base(this.glyph)
    }
    await this.set_data()
  }
  prototype.children_views = function () {
    return children_views.call(this).filter(view => !view.same_as)
  }
}

/**
 * Draw one tile of each hatching there is. Bokeh makes a canvas for each bar or circle, also for those that have no
 * hatching, and does so for each way in which a glyph might be drawn: 500 of them for a move of a slider.
 */
function hatch_once() {
  const {HatchVector} = Bokeh.require("core/visuals/hatch")
  const {get_pattern} = Bokeh.require("core/visuals/patterns")
  const {UniformVector} = Bokeh.require("core/uniforms")
  const tiles = new Map()
  HatchVector.prototype.update = function () {
    this._static_doit = this._compute_static_doit()
    const {hatch_pattern, hatch_color, hatch_alpha, hatch_scale, hatch_weight} = this
    const tile = (_, n) => {
      if (!this.v_doit(n)) return null
      const look = [hatch_pattern, hatch_color, hatch_alpha, hatch_scale, hatch_weight].map(each => each.get(n))
      const key = [...look, devicePixelRatio].join()
      if (!tiles.has(key)) tiles.set(key, get_pattern(this.obj.canvas.create_layer(), ...look))
      return tiles.get(key)
    }
    this._hatch_image = new UniformVector(Array.from(hatch_color, tile))
  }
}

/**
 * Lay out once a frame, however many parts of the page have changed their size in it: Bokeh does for each of them. What is
 * in no page yet is laid out when it is.
 */
function lay_out_once_a_frame() {
  const {LayoutDOMView} = Bokeh.require("models/layouts/layout_dom")
  const {compute_layout} = LayoutDOMView.prototype
  const waiting = new Map()
  const lay_out = () => {
    const roots = [...waiting]
    waiting.clear()
    for (const [root, has_new_parts] of roots) {
      if (has_new_parts) root.update_layout()
      root.compute_layout()
    }
  }
  LayoutDOMView.prototype._after_resize = function (has_new_parts = false) {
    let root = this
    while (root.parent instanceof LayoutDOMView) root = root.parent
    if (!waiting.size) requestAnimationFrame(lay_out)
    waiting.set(root, has_new_parts || waiting.get(root))
  }
  LayoutDOMView.prototype.compute_layout = function () {
    if (this.parent instanceof LayoutDOMView) this._after_resize()
    else if (this.el.isConnected) compute_layout.call(this)
  }
}

/**
 * Lay out a plot alone, and those it is aligned with, where only what is in it has changed, as the length of its
 * numbers: Bokeh lays out all of the page. Should the plot come out larger or smaller, the browser tells the page.
 */
function lay_plots_out_alone() {
  const {prototype} = Bokeh.require("models/plots/plot_canvas").PlotView
  prototype.compute_layout = function () {
    if (!this.is_displayed) return // and is laid out with the page when it is
    const aligned = this.parent?.layout ? this.parent : this
    aligned.measure_layout()
    aligned.update_bbox()
    aligned._compute_layout()
    aligned.after_layout()
  }
}

/** Arrange the tools of a plot where they show. Bokeh takes out and measures each whenever the page is laid out. */
function arrange_tools_that_show() {
  const {prototype} = Bokeh.require("models/tools/toolbar").ToolbarView
  const {_after_render, _on_visible_change} = prototype
  const rest = Object.getPrototypeOf(prototype)._after_render
  prototype._after_render = function () {
    return (this.visible ? _after_render : rest).call(this)
  }
  prototype._on_visible_change = function () {
    _on_visible_change.call(this)
    if (this.visible && this.is_displayed) this._after_render()
  }
}

/** Lay out once a frame what comes into its place on the page in pieces: Panel lays out all of it for each of them. */
function come_into_place_at_once() {
  const {prototype} = Bokeh.Models.get("panel.models.esm.ReactComponent").prototype.default_view
  prototype._on_mounted = function () {
    this._after_resize(true)
    this.mounted = true
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
