internal import CMeshQUIC
internal import MeshCore

/// Something that ngtcp2 or GnuTLS has reported, to be acted on when they have returned.
enum Happening {
    case handshakeCompleted
    case handshakeConfirmed
    case opened(QUICStream)
    case received(QUICStream)
    case resetByPeer(QUICStream, code: UInt64)
    case closed(QUICStream, code: UInt64?)
    case hasCredit(QUICStream)
    case hasRoom(QUICStream)
    case peerHasRead
    case stopped(QUICStream)
    case hasStreamCredit
    case datagram([UInt8])
    case addressToken([UInt8])
    case pathValidated(Bool)
    case earlyDataRejected
    case ticket
}

/// What is called from inside the libraries: each copies what it needs into the connection's list and returns.
enum ConnectionEvents {
    /// One table for all connections, made once and never written again.
    nonisolated(unsafe) static let table: UnsafePointer<cmesh_quic_events> = {
        let table = UnsafeMutablePointer<cmesh_quic_events>.allocate(capacity: 1)
        table.initialize(to: events)
        return UnsafePointer(table)
    }()

    private static var events: cmesh_quic_events {
        cmesh_quic_events(
            handshake_completed: { on($0) { $0.happenings.append(.handshakeCompleted) } },
            handshake_confirmed: { on($0) { $0.happenings.append(.handshakeConfirmed) } },
            stream_opened: { object, id in on(object) { $0.streamOpened(id) } },
            stream_data: { streamData($0, $1, $2, $3, $4, $5, $6) },
            stream_acknowledged: { object, stream, count in
                on(object) { connection in
                    guard let stream = known(stream) else { return }
                    connection.acknowledged(Int(count), on: stream)
                }
            },
            stream_closed: { object, id, hasCode, code in
                on(object) { connection in
                    // The library forgets it with the stream.
                    connection.counts.packetsLost += UInt64(ngtcp2_conn_get_stream_loss_count(connection.raw, id))
                    connection.streamEnded(id, code: hasCode != 0 ? code : nil)
                }
            },
            stream_reset: { object, id, code in
                on(object) { connection in
                    guard let stream = connection.streams[id] else { return }
                    stream.progress.resetCode = code
                    connection.happenings.append(.resetByPeer(stream, code: code))
                }
            },
            stream_credit: { object, id in
                on(object) { connection in
                    guard let stream = connection.streams[id] else { return }
                    connection.happenings.append(.hasCredit(stream))
                }
            },
            streams_credit: { on($0) { $0.happenings.append(.hasStreamCredit) } },
            datagram: { object, bytes, count in
                on(object) { connection in
                    let bytes = UnsafeRawBufferPointer(start: bytes, count: count)
                    connection.happenings.append(.datagram(Array(bytes)))
                }
            },
            new_connection_id: { object, id, count, token in
                on(object) { $0.endpoint.makeConnectionID(for: $0, id, count: count, resetToken: token) }
            },
            retired_connection_id: { object, id, count in
                on(object) { $0.endpoint.retire(ConnectionID(id, count: count), of: $0) }
            },
            path_validated: { object, _, hasSucceeded in
                on(object) { $0.happenings.append(.pathValidated(hasSucceeded != 0)) }
            },
            reset_token: { object, isInUse, token in
                on(object) { connection in
                    let token = ConnectionID(token, count: ConnectionID.resetTokenBytes)
                    connection.endpoint.note(resetToken: token, isInUse: isInUse != 0, of: connection)
                }
            },
            stateless_reset: { on($0) { $0.counts.hasSeenReset = true } },
            address_token: { object, token, count in
                on(object) { connection in
                    let token = UnsafeRawBufferPointer(start: token, count: count)
                    connection.happenings.append(.addressToken(Array(token)))
                }
            },
            early_data_rejected: { on($0) { $0.happenings.append(.earlyDataRejected) } },
            verify_peer: { verifyPeer($0, $1, $2) },
            wants_client_certificate: { wantsClientCertificate($0, $1, $2) },
            ticket_received: { on($0) { $0.happenings.append(.ticket) } }
        )
    }
}

/// Runs `body` on the connection of a callback, without counting a reference.
@inline(__always)
private func on(_ object: UnsafeMutableRawPointer, _ body: (QUICConnection) -> Void) -> Int32 {
    Unmanaged<QUICConnection>.fromOpaque(object)._withUnsafeGuaranteedRef(body)
    return 0
}

private func streamData(
    _ object: UnsafeMutableRawPointer,
    _ id: Int64,
    _ stream: UnsafeMutableRawPointer?,
    _ isLast: Int32,
    _ isEarly: Int32,
    _ bytes: UnsafePointer<UInt8>?,
    _ count: Int
) -> Int32 {
    on(object) { connection in
        let bytes = UnsafeRawBufferPointer(start: bytes, count: count)
        guard let stream = known(stream) ?? connection.streams[id] else { return }
        connection.received(bytes, isLast: isLast != 0, isEarly: isEarly != 0, on: stream)
    }
}

private func verifyPeer(
    _ object: UnsafeMutableRawPointer,
    _ chain: UnsafePointer<gnutls_datum_t>,
    _ count: UInt32
) -> Int32 {
    Unmanaged<QUICConnection>.fromOpaque(object)._withUnsafeGuaranteedRef { connection in
        connection.verify(UnsafeBufferPointer(start: chain, count: Int(count))) ? 0 : -1
    }
}

private func wantsClientCertificate(
    _ object: UnsafeMutableRawPointer,
    _ name: UnsafePointer<UInt8>?,
    _ count: Int
) -> Int32 {
    let name = String(decoding: UnsafeRawBufferPointer(start: name, count: count), as: UTF8.self)
    return Unmanaged<QUICConnection>.fromOpaque(object)._withUnsafeGuaranteedRef { connection in
        let endpoint = connection.endpoint
        if endpoint.demandsClientCertificate(for: name) { return Int32(CMESH_QUIC_CERTIFICATE_DEMANDED) }
        let isTaken = endpoint.takesClientCertificate(for: name)
        return Int32(isTaken ? CMESH_QUIC_CERTIFICATE_TAKEN : CMESH_QUIC_CERTIFICATE_IGNORED)
    }
}

@inline(__always)
private func known(_ object: UnsafeMutableRawPointer?) -> QUICStream? {
    object.map { Unmanaged<QUICStream>.fromOpaque($0).takeUnretainedValue() }
}
