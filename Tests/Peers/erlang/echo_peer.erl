%% Answers for Erlang's distribution what `meshbench quic` answers for calls of actors: gen_server:call with 64 bytes
%% between two nodes.
%%
%% serve/0 on one node; measure/0 on another, with -extra SERVER IN_FLIGHT MILLISECONDS. Prints one JSON object, times in
%% microseconds.
-module(echo_peer).
-behaviour(gen_server).
-export([serve/0, measure/0, processor/0, init/1, handle_call/3, handle_cast/2]).

serve() -> {ok, _} = gen_server:start({local, echo}, ?MODULE, none, []).

init(State) -> {ok, State}.
handle_call(Request, _From, State) -> {reply, Request, State}.
handle_cast(_Request, State) -> {noreply, State}.

%% Milliseconds of processor time that this node has used.
processor() -> element(1, erlang:statistics(runtime)).

measure() ->
    [Node, InFlight, Milliseconds] = init:get_plain_arguments(),
    Server = list_to_atom(Node),
    Duration = list_to_integer(Milliseconds),
    Count = list_to_integer(InFlight),
    true = wait_for(Server, 50),
    _ = ask(Server, Count, max(1, Duration div 10)),
    Before = {processor(), rpc:call(Server, ?MODULE, processor, [])},
    Start = erlang:monotonic_time(nanosecond),
    Waits = lists:sort(ask(Server, Count, Duration)),
    Seconds = (erlang:monotonic_time(nanosecond) - Start) / 1.0e9,
    After = {processor(), rpc:call(Server, ?MODULE, processor, [])},
    print(list_to_tuple(Waits), Seconds, Before, After),
    rpc:cast(Server, erlang, halt, []),
    halt(0).

wait_for(_Server, 0) -> false;
wait_for(Server, Tries) ->
    case net_kernel:connect_node(Server) andalso rpc:call(Server, erlang, whereis, [echo]) of
        Pid when is_pid(Pid) -> true;
        _ -> timer:sleep(100), wait_for(Server, Tries - 1)
    end.

%% Calls of Count processes for that long; how long each waited, in nanoseconds.
ask(Server, Count, Milliseconds) ->
    End = erlang:monotonic_time(nanosecond) + Milliseconds * 1000000,
    Request = binary:copy(<<3>>, 64),
    Me = self(),
    Callers = [spawn_link(fun() -> Me ! {self(), repeat(Server, Request, End, [])} end) || _ <- lists:seq(1, Count)],
    lists:append([receive {Caller, Waits} -> Waits end || Caller <- Callers]).

repeat(Server, Request, End, Waits) ->
    Start = erlang:monotonic_time(nanosecond),
    Request = gen_server:call({echo, Server}, Request),
    case erlang:monotonic_time(nanosecond) of
        Now when Now >= End -> [Now - Start | Waits];
        Now -> repeat(Server, Request, End, [Now - Start | Waits])
    end.

print(Waits, Seconds, {ClientBefore, ServerBefore}, {ClientAfter, ServerAfter}) ->
    Count = tuple_size(Waits),
    Quantile = fun(Share) -> element(min(Count, trunc(Count * Share) + 1), Waits) / 1000 end,
    io:format(
        "{\"perSecond\":~.1f,\"p50\":~.2f,\"p99\":~.2f,\"client\":~.3f,\"server\":~.3f}~n",
        [
            Count / Seconds, Quantile(0.5), Quantile(0.99),
            (ClientAfter - ClientBefore) * 1000 / Count, (ServerAfter - ServerBefore) * 1000 / Count
        ]
    ).
