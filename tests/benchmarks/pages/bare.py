"""The least page of the app's template: one slider and one text that follows it."""

import panel as pn
import panel_material_ui as pmui

pn.extension()

slider = pmui.FloatSlider(label="Value", start=0.0, end=100.0, step=1.0, value=50.0)
text = pn.pane.HTML(slider.param.value.rx().rx.pipe("<p class='echo'>{}</p>".format))
pmui.Page(title="Bare", sidebar=[slider], main=[text]).servable()
