/// What a picture in a request says that it is.
enum ImageType {
    /// Whether it is one of those that models look at.
    ///
    /// Anything else may be text that nobody has searched, also what a picture's name is drawn from (SVG).
    static func isPicture(_ type: String) -> Bool { known.contains(type.lowercased()) }

    private static let known: Set<String> = [
        "image/png", "image/jpeg", "image/jpg", "image/gif", "image/webp", "image/bmp", "image/tiff", "image/heic",
        "image/heif", "image/avif",
    ]
}
