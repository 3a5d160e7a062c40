"""Physical constants and conversions, each with its source."""

EARTH_RADIUS_KM = 6371.0  # mean radius; the sphere of all great-circle distances here
FIBRE_KM_PER_MS = 200.0  # light in glass, refractive index about 1.5
KWH_PER_MWH = 1000.0
HOURS_PER_YEAR = 8760.0
L_PER_M3 = 1000.0
KG_PER_T = 1000.0  # also: kg/MWh equals g/kWh
KG_PER_LB = 0.45359237  # by definition; also: g/kWh per lb/MWh
KB_PER_GB = 1e6
MB_PER_GB = 1e3
WH_PER_MWH = 1e6

# Application-level allowance of the `paper` latency model (second hand from arXiv:2604.27855,
# section 5.4).
PAPER_SWITCHING_MS = 20.0  # one way
PAPER_WAN_INFLATION = 1.4

# Fit to public measurements of paths between cities, for users on their way to a cloud; given to
# this project, which does not have the pairs themselves.
ACCESS_OFFSET_MS = 14.7
ACCESS_MS_PER_KM = 0.0168

# Least-absolute-error fit to 1,083 measured cloud region pairs (Azure, AWS and Google, 2023 to
# 2026), R2 0.74.
FIT_OFFSET_MS = 8.5
FIT_MS_PER_KM = 0.0154
