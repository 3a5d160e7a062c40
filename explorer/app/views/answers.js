// Another question was asked, or its answers are there: until then those to the one before are faded.
const pane = cb_context.index.find_one(strip)?.el.getRootNode().host
pane?.style.setProperty("--answers-opacity", strip.tags[0] === strip.active ? 1 : 0.4)
