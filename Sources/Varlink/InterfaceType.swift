/// What a value has to be, as an interface definition says it: varlink.org/Interface-Definition.
indirect enum InterfaceType: Hashable, Sendable {
    case bool
    case int
    /// A whole number is one, too.
    case float
    case string
    /// Any object at all.
    case object
    /// Any value at all.
    case any
    /// The index of a `type` of the interface.
    case named(Int)
    /// Null, or not there.
    case optional(InterfaceType)
    case array(InterfaceType)
    /// Any names, all with values of this type.
    case map(InterfaceType)
    case structure([InterfaceField])
    /// One of these words.
    case enumeration([String])
}

struct InterfaceField: Hashable, Sendable {
    let name: String
    let type: InterfaceType
}
