enum QuloudTestKitSeed {}
