// What units are of each other, and what is too little to be told.
export const KG_PER_T = 1000
export const KWH_PER_MWH = 1000
export const L_PER_M3 = 1000
export const UNSERVED_MW = 1e-6
