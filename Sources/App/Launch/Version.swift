/// The version of the product, in the form of Semantic Versioning 2.0.
public let productVersion = "0.1.0"
