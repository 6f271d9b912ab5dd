@main struct Bulkhead { static func main() {} }
