/// What is bound where, as `/proc/net/udp` and its kin say it.
package enum SocketTable {
    /// The inodes of the sockets in `text` that are bound to `port`; of TCP only those that listen.
    package static func inodes(in text: [UInt8], port: UInt16, isListening: Bool) -> [UInt64] {
        String(decoding: text, as: UTF8.self).split(separator: "\n").compactMap { line in
            //  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode …
            //   5: 0100007F:1CF3 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 13317 …
            let words = line.split(separator: " ")
            guard words.count > 9, let colon = words[1].lastIndex(of: ":") else { return nil }
            guard UInt16(words[1][words[1].index(after: colon)...], radix: 16) == port else { return nil }
            guard !isListening || words[3] == "0A" else { return nil }
            return UInt64(words[9])
        }
    }
}
