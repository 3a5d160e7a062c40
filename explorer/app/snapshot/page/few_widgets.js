// Between BokehJS and its widgets: of these those are run that the page has, and not all with their calendars and lists.
{
  const {register_plugin} = Bokeh
  const run = () => {
    const {register_models} = Bokeh.require("base")
    for (const name of WIDGETS) register_models(Bokeh.require(`models/widgets/${name}`))
  }
  Bokeh.register_plugin = (modules, entry, ...more) => register_plugin({...modules, [entry]: run}, entry, ...more)
}
