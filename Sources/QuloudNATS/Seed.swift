enum QuloudNATSSeed {}
