enum QuloudSQLiteSeed {}
