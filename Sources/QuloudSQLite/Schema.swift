/// What a database of this program looks like: whose it is, and how it came to its present form.
package struct Schema: Sendable {
    /// What it is called in messages to people.
    package let name: String
    /// Written into the file's header, so that no other database is taken for this one.
    package let applicationID: Int32
    /// SQL that leads from one format to the next, in order; the number of those done is the file's `user_version`.
    /// What was released once is never changed.
    package let migrations: [String]

    package init(name: String, applicationID: Int32, migrations: [String]) {
        self.name = name
        self.applicationID = applicationID
        self.migrations = migrations
    }
}
