// On a narrow map the scale lies in the South Pacific, and names are smaller.
if (!figure.properties.inner_width.is_unset) {
  const narrow = figure.inner_width < narrow_px
  const view = cb_context.index.find_one(figure)
  bar.width = Math.min(Math.round(0.24 * figure.inner_width), 160)
  bar.major_label_text_font_size = narrow ? "12px" : "14px"
  bar.ticker.desired_num_ticks = narrow ? 3 : 4
  if (said_above) {
    if (narrow || bar.title_text_font_size == "1px") {
      bar.title_text_font_size = narrow ? "1px" : "14px" // the theme of a page sets another
    }
    bar.title_text_alpha = narrow ? 0 : 1
  }
  if (names) {
    names.glyph.text_font_size = narrow ? "12px" : "14px"
    names.data_source.change.emit() // which of them have room
  }
  view?.update_layout()
  view?.compute_layout()
}
