// Answers for gRPC C++ what `meshbench quic` answers for calls of actors: 64 bytes there and back over one connection
// with mutual TLS. The server is a process of its own, as its library has threads of its own.
//
// usage: grpc-peer IN_FLIGHT CERTIFICATES MILLISECONDS
//
// CERTIFICATES is a folder with ca.pem, server.pem, server-key.pem, client.pem and client-key.pem. Prints one JSON
// object, times in microseconds.

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kCallsAwaited = 256;
constexpr size_t kBytes = 64;

std::string read_file(const std::string &path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

double processor_microseconds(int whose) {
    rusage usage{};
    getrusage(whose, &usage);
    auto microseconds = [](const timeval &time) { return time.tv_sec * 1e6 + time.tv_usec; };
    return microseconds(usage.ru_utime) + microseconds(usage.ru_stime);
}

// Server: one queue, one thread; every call goes awaited -> read -> answered.

class ServedCall {
public:
    ServedCall(grpc::AsyncGenericService &service, grpc::ServerCompletionQueue &queue)
        : service_(service), queue_(queue), exchange_(&context_) {
        service_.RequestCall(&context_, &exchange_, &queue_, &queue_, this);
    }

    void go_on(bool has_succeeded) {
        if (!has_succeeded || step_ == Step::kAnswered) {
            delete this;
        } else if (step_ == Step::kAwaited) {
            new ServedCall(service_, queue_);
            step_ = Step::kRead;
            exchange_.Read(&bytes_, this);
        } else {
            step_ = Step::kAnswered;
            exchange_.WriteAndFinish(bytes_, grpc::WriteOptions(), grpc::Status::OK, this);
        }
    }

private:
    enum class Step { kAwaited, kRead, kAnswered };

    grpc::AsyncGenericService &service_;
    grpc::ServerCompletionQueue &queue_;
    grpc::GenericServerContext context_;
    grpc::GenericServerAsyncReaderWriter exchange_;
    grpc::ByteBuffer bytes_;
    Step step_ = Step::kAwaited;
};

// Serves for ever; tells its port through `announcement`.
int serve(const std::string &folder, int announcement) {
    grpc::SslServerCredentialsOptions options(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
    options.pem_root_certs = read_file(folder + "/ca.pem");
    options.pem_key_cert_pairs.push_back({read_file(folder + "/server-key.pem"), read_file(folder + "/server.pem")});
    grpc::AsyncGenericService service;
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::SslServerCredentials(options), &port);
    builder.RegisterAsyncGenericService(&service);
    auto queue = builder.AddCompletionQueue();
    auto server = builder.BuildAndStart();
    for (int i = 0; i < kCallsAwaited; i++) new ServedCall(service, *queue);
    if (write(announcement, &port, sizeof port) != sizeof port) return 1;
    void *tag = nullptr;
    bool has_succeeded = false;
    while (queue->Next(&tag, &has_succeeded)) static_cast<ServedCall *>(tag)->go_on(has_succeeded);
    return 0;
}

// Client: so many calls at a time, each begun when an earlier one has ended.

struct Call {
    grpc::ClientContext context;
    std::unique_ptr<grpc::GenericClientAsyncResponseReader> reader;
    grpc::ByteBuffer answer;
    grpc::Status status;
    Clock::time_point start = Clock::now();
};

std::vector<double> ask(grpc::GenericStub &stub, int in_flight, std::chrono::milliseconds duration) {
    grpc::CompletionQueue queue;
    grpc::Slice slice(std::string(kBytes, 'x'));
    grpc::ByteBuffer request(&slice, 1);
    std::vector<double> waits;
    int running = 0;
    auto begin = [&] {
        auto call = new Call;
        call->reader = stub.PrepareUnaryCall(&call->context, "/mesh.Echo/Call", request, &queue);
        call->reader->StartCall();
        call->reader->Finish(&call->answer, &call->status, call);
        running++;
    };
    auto end = Clock::now() + duration;
    for (int i = 0; i < in_flight; i++) begin();
    while (running > 0) {
        void *tag = nullptr;
        bool has_succeeded = false;
        queue.Next(&tag, &has_succeeded);
        std::unique_ptr<Call> call(static_cast<Call *>(tag));
        running--;
        if (!call->status.ok() || call->answer.Length() != kBytes) {
            std::fprintf(stderr, "a call failed: %s\n", call->status.error_message().c_str());
            std::exit(1);
        }
        auto now = Clock::now();
        waits.push_back(std::chrono::duration<double, std::micro>(now - call->start).count());
        if (now < end) begin();
    }
    return waits;
}

int measure(const std::string &folder, int port, int in_flight, std::chrono::milliseconds duration, pid_t server) {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = read_file(folder + "/ca.pem");
    options.pem_private_key = read_file(folder + "/client-key.pem");
    options.pem_cert_chain = read_file(folder + "/client.pem");
    auto channel = grpc::CreateChannel("localhost:" + std::to_string(port), grpc::SslCredentials(options));
    if (!channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(10))) {
        std::fprintf(stderr, "no connection to the server\n");
        return 1;
    }
    grpc::GenericStub stub(channel);
    ask(stub, in_flight, duration / 10);
    double before = processor_microseconds(RUSAGE_SELF);
    auto start = Clock::now();
    auto waits = ask(stub, in_flight, duration);
    double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    double client = processor_microseconds(RUSAGE_SELF) - before;
    kill(server, SIGKILL);
    waitpid(server, nullptr, 0);
    // All of the server's life, its beginning too: a little more than the calls alone.
    double served = processor_microseconds(RUSAGE_CHILDREN);
    std::sort(waits.begin(), waits.end());
    double count = static_cast<double>(waits.size());
    std::printf("{\"perSecond\":%.1f,\"p50\":%.2f,\"p99\":%.2f,\"client\":%.3f,\"server\":%.3f}\n", count / seconds,
                waits[waits.size() / 2], waits[waits.size() * 99 / 100], client / count, served / count);
    return 0;
}

}  // namespace

int main(int count, char **words) {
    if (count != 4) {
        std::fprintf(stderr, "usage: grpc-peer IN_FLIGHT CERTIFICATES MILLISECONDS\n");
        return 2;
    }
    std::string folder = words[2];
    int ends[2];
    if (pipe(ends) != 0) return 1;
    // Before anything of the library has begun, which does not survive a fork.
    pid_t server = fork();
    if (server == 0) _exit(serve(folder, ends[1]));
    int port = 0;
    if (read(ends[0], &port, sizeof port) != sizeof port) return 1;
    return measure(folder, port, std::atoi(words[1]), std::chrono::milliseconds(std::atoi(words[3])), server);
}
