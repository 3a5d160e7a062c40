"""
Which colour a role has, on screen and in print: here and nowhere else.

Colours on screen are Okabe and Ito's, told apart under every common colour blindness. In print
nothing is told apart by hue alone: by luminance, hatching, line style or marker too.
"""

from __future__ import annotations

from dataclasses import dataclass

from bokeh.palettes import PuOr11, Viridis256, interp_palette

from explorer.text import BETTER, WORSE

BLUE, ORANGE, GREEN, PINK, SKY, RED, YELLOW, GREY = (
    "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#999999",
)  # fmt: skip
MAGENTA, SLATE, MIST = "#c2185b", "#8a8f98", "#9aa3ad"
INK, DARK, MIDDLE, LIGHT, PAPER = "#222222", "#0b3c5d", "#7f8a96", "#c8ced6", "#ffffff"

# More for scenarios of many classes; as lines they hold on light and dark.
CLASS_COLOURS = (
    BLUE,
    ORANGE,
    GREEN,
    PINK,
    SKY,
    RED,
    YELLOW,
    GREY,
    "#7B5FC9",
    "#8C564B",
    "#9ACD32",
    "#B0305C",
)

# Values of places: less load orange, more load purple, none grey; what has no middle, from dark to
# light. In print a
# few steps of each, which differ in luminance.
CHANGE = (*PuOr11[:5:-1], "#d3d7db", *PuOr11[4::-1])
AMOUNT = tuple(Viridis256)
CHANGE_INKS = (ORANGE, PAPER, "#4b2a85")
AMOUNT_INKS = ("#440154", "#3b528b", "#21918c", "#5ec962", "#fde725")
# what is lost, in one colour, and what is gained, in the other; pale, for marks lie on them
NET = tuple(interp_palette((RED, "#f7f7f7", BLUE), 41))
NET_INKS = tuple(interp_palette((PAPER, "#f0f0f0", "#9fa7b0"), 41))
LAND, RIM, FADED = (
    "#8d99a6",
    "#6b7480",
    "#e3e3e3",
)  # of maps: land and borders, rims of circles, land in print
NIGHT_LEAD = "#4fb0ec"  # arcs that stand out, on dark pages
DUSK, DUSK_ALPHA = "#14284b", 0.2  # over land and sea where it is night
NIGHT, NIGHT_RIM = "#1e1e1e", "#dfe3e8"  # paper of names and rims of circles on dark pages

Dashes = str | tuple[int, tuple[float, ...]]  # as matplotlib has them


@dataclass(frozen=True)
class Look:
    """How a role looks."""

    colour: str  # on screen
    ink: str = INK  # in print; "none" for an outline
    line_ink: str = ""  # of its lines in print, where its areas are too pale for lines
    hatch: str = ""  # of areas in print
    pattern: str = ""  # of areas on screen, where colour alone would not tell them apart for all
    line: Dashes = "-"  # style of lines in print
    dash: str = "solid"  # the same on screen
    marker: str = "circle"  # on screen
    printed_marker: str = "o"
    words_colour: str = "black"  # of words that lie on it


LOOKS: dict[str, Look] = {
    # of every picture
    "cost": Look(BLUE),
    "carbon": Look(RED),
    "now": Look(MAGENTA, ink=ORANGE, line_ink=INK, line="--", marker="diamond", printed_marker="D"),
    "beyond": Look(MAGENTA, line=(0, (1, 1.2)), dash="dashed", words_colour=MAGENTA),  # the axis
    "baseline": Look(
        SLATE, ink=MIDDLE, line=":", dash="dashed", marker="square", printed_marker="s"
    ),
    "zero": Look(SLATE, ink=INK),
    "unserved": Look("#000000", ink=PAPER, hatch="/////", words_colour="white"),
    "shade": Look(SLATE, ink="#dddddd"),
    "words": Look(SLATE, words_colour="#767676"),  # on light pages and dark ones
    # of what moves on a map
    "lead": Look("#0067a3", ink=DARK),
    "flow": Look(MIST, ink="#a9b0b8"),
    "client": Look(GREEN, ink=MIDDLE),
    # of what a tonne costs
    "cheap": Look(GREEN),
    "middling": Look(ORANGE, line=(0, (5, 1.5)), marker="inverted_triangle", printed_marker="s"),
    "dear": Look(RED, line=(0, (1, 1.2)), marker="triangle", printed_marker="^"),
    # of what could move; in print lines have another ink than bars
    "demand": Look("#8a8f9855", ink=PAPER),
    "gross": Look(SKY, ink=YELLOW, line_ink=LIGHT),
    "deliverable": Look(BLUE, dash="dashed", ink=SKY, line_ink=INK, line=(0, (5, 1.5))),
    "economic": Look(
        GREEN, dash="dotted", ink=DARK, line_ink=INK, line=(0, (1, 1.2)), pattern="\\"
    ),
    "relocated": Look(ORANGE, dash="dotdash", ink=PAPER, line_ink=INK, hatch="/////", pattern="/"),
    # of what a MWh costs
    "electricity": Look(BLUE, ink=DARK),
    "losses": Look(RED, ink=PAPER, hatch="xxxxx", pattern="x"),
    "line": Look(ORANGE, ink=ORANGE),
    "converters": Look(YELLOW, ink=YELLOW, hatch=".....", pattern="."),
    "egress": Look(PINK, ink=PAPER, hatch="|||||", pattern="|"),
    "moving data": Look(SKY, ink=SKY, hatch="-----", pattern="-"),
    "other friction": Look(GREEN, ink=PAPER, hatch="/////", pattern="/"),
    "carbon price": Look(SLATE, ink="#b5b8bd", pattern="\\"),
    # of worlds drawn at random
    "draws": Look(BLUE, ink="#cccccc"),
    "median": Look(BLUE),
    "dear worlds": Look(RED, ink=PAPER, marker="diamond", printed_marker="D"),
    "sure": Look(GREEN, ink=DARK),
    "open": Look(ORANGE, ink="#cfe0ee"),
    # of a day
    "daylight": Look(ORANGE, ink="#efe6cf"),
    "moved in": Look(BLUE, ink=DARK),
    "own": Look(MIST, ink=MIDDLE),
    "hour": Look(MAGENTA, ink="none", line="--"),
    "by means": Look(RED, line="--", dash="dashed"),
    # of many scenarios, by a figure of theirs
    "third least": Look(SKY, ink=LIGHT),
    "third middle": Look(BLUE, ink=MIDDLE, printed_marker="s"),
    "third most": Look(ORANGE, ink=INK, printed_marker="^"),
    # of sensitivity and ranges
    "lower": Look(SKY, ink="#E69F00"),
    "higher": Look(RED, ink="#4b2a85", words_colour="white"),
    "needed": Look(BLUE, ink=DARK, words_colour="white"),
    "free": Look(SKY, ink="#cfe0ee"),
    "optimum": Look(RED, ink=PAPER, printed_marker="o"),
    # of two placements: as the map has them
    "less load": Look(PuOr11[8], ink=ORANGE, pattern="\\"),
    "more load": Look(PuOr11[2], ink="#4b2a85", words_colour="white", pattern="/"),
    # of losses of regions
    "lost": Look(RED, ink=DARK, words_colour="white", pattern="/"),
    "stranded": Look(ORANGE, ink="#cfe0ee", pattern="."),
    "with reserve": Look(BLUE, ink=PAPER, marker="diamond", printed_marker="D"),
    "dearer": Look(BLUE, ink=MIDDLE),
    # of machines
    "hardware": Look(SLATE, ink="#b5b8bd"),
    "running": Look(BLUE, ink=DARK),
    # of layers
    "local": Look(BLUE, ink=DARK, words_colour="white"),
    "regional": Look(SKY, ink=SKY),
    "energy-oriented": Look(ORANGE, ink=YELLOW, pattern="/"),
    "nowhere": Look(SLATE, ink=PAPER, hatch="/////", pattern="x"),
    # of pairs of regions
    "break-even": Look("#6b7480", ink=INK, line="--", dash="dashed"),
    "pays": Look(BLUE, ink="#4b2a85"),
    "closed": Look(ORANGE, ink="#E69F00", marker="triangle", printed_marker="^"),
    "loses": Look(MIST, ink=PAPER, marker="square", printed_marker="s"),
    # of what a placement makes of pairs
    "net": Look(BLUE),
    "net zero": Look(MAGENTA, ink=INK),
    "pair friction": Look(MIST, ink=PAPER, printed_marker="."),
    "pair no demand": Look(MIST, ink=MIDDLE, printed_marker="."),
    "pair better region": Look("#f4f6f8", ink=PAPER),
    "pair latency": Look(PINK, ink=PINK, marker="triangle", printed_marker="^"),
    "pair law": Look(RED, ink=RED, marker="diamond", printed_marker="d"),
    "pair not offered": Look("#4a4f57", ink=INK, marker="x", printed_marker="X"),
    "pair own terms": Look("#882255", ink="#882255", marker="diamond_cross", printed_marker="P"),
    "pair state locality": Look(SKY, ink=SKY, marker="star", printed_marker="*"),
    "pair objective": Look(SKY, ink=LIGHT, marker="hex", printed_marker="h"),
    "pair capacity": Look(ORANGE, ink=ORANGE, marker="square", printed_marker="s"),
    "pair delay cap": Look("#332288", ink="#332288", marker="diamond", printed_marker="<"),
    "pair home full": Look(YELLOW, ink=YELLOW, marker="inverted_triangle", printed_marker="v"),
    "pair none": Look(GREEN, ink=DARK, printed_marker="o"),
    # of what holds relocation back
    "possible": Look(BLUE, ink=DARK, words_colour="white"),
    "constraint": Look(RED, ink=LIGHT, pattern="/"),
    "saved": Look(GREEN, ink=MIDDLE, pattern="."),
    "in order": Look("#4a4f57", ink=INK),
    # of what keeps load out, and of what would serve it
    "latency": Look(BLUE, words_colour="white"),
    "law": Look(RED, ink=PAPER, hatch="/////", words_colour="white", pattern="/"),
    "state locality": Look(PINK, ink=PAPER, hatch="|||||", pattern="|"),
    "capacity": Look(ORANGE, ink=ORANGE),
    "system": Look(YELLOW, ink=YELLOW, hatch=".....", pattern="."),
    "arcs.csv": Look(GREY, ink=LIGHT, pattern="x"),
    "hosting": Look("#882255", ink=PAPER, hatch="xxxxx", words_colour="white", pattern="x"),
    "price": Look("#332288", ink=PAPER, hatch="\\\\\\\\\\", words_colour="white", pattern="\\"),
    "either of several": Look(GREEN, ink=PAPER, hatch="-----", pattern="-"),
    "several together": Look("#44AA99", ink=MIDDLE, pattern="."),
    "left": Look(SKY, ink="#cfe0ee", pattern="\\"),
    "served": Look(GREEN, ink="#cfe0ee"),
    # of prices on a map
    "worth": Look(RED, ink=INK),
    # of what a change is for those whom it meets
    "better": Look(BETTER, ink=DARK),
    "worse": Look(WORSE, ink=ORANGE, pattern="/"),
    # of published studies
    "study of 2012": Look(GREEN, ink=INK, marker="square", printed_marker="s"),
    "study of edges": Look(BLUE, ink=DARK, marker="triangle", printed_marker="^"),
    "study of a CDN": Look(ORANGE, ink=ORANGE, marker="diamond", printed_marker="D"),
    "study of clouds": Look(PINK, ink=MIDDLE, marker="inverted_triangle", printed_marker="v"),
    # of proofs
    "holds": Look(GREEN, ink=MIDDLE),
    "fails": Look(RED, ink=PAPER, hatch="xxxxx", pattern="x"),
    "tolerated": Look(SLATE, line="--"),
}
