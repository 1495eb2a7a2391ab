/// The version of the program and of the protocol it speaks.
package enum QuloudVersion {
    package static let text = "0.1.0"
    package static let wire = "quloud/1"
}
