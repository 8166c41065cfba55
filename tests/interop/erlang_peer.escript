#!/usr/bin/env escript
%% A peer that frames with gen_tcp's {packet, N}. tests/interop_peers.py says what it is told on stdin, and what it
%% says on stdout.

main(_) ->
    case io:get_line("") of
        eof -> ok;
        Line -> say(served(string:lexemes(Line, " \n"))), main([])
    end.

say(Text) -> io:put_chars([Text, $\n]).

served(["listen", Packet, Limit]) ->
    {ok, Listener} = gen_tcp:listen(0, [{ip, {127, 0, 0, 1}} | options(Packet, Limit)]),
    {ok, Port} = inet:port(Listener),
    say(integer_to_list(Port)),
    {ok, Socket} = gen_tcp:accept(Listener),
    ok = gen_tcp:close(Listener),
    served(Socket);
served(["connect", Packet, Limit, Port]) ->
    {ok, Socket} = gen_tcp:connect({127, 0, 0, 1}, list_to_integer(Port), options(Packet, Limit)),
    served(Socket);
served(Socket) ->
    End = answered(Socket),
    ok = gen_tcp:close(Socket),
    End.

%% A limit of 0 is Erlang's own.
options(Packet, Limit) ->
    [binary, {active, false}, {nodelay, true},
     {packet, list_to_integer(Packet)}, {packet_size, list_to_integer(Limit)}].

%% Answers each frame until the stream ends or somebody finds something wrong.
answered(Socket) ->
    case gen_tcp:recv(Socket, 0) of
        {ok, Frame} ->
            case {gen_tcp:send(Socket, answer(Frame)), Frame} of
                {ok, <<"bye">>} -> "clean";
                {ok, _} -> answered(Socket);
                {{error, Reason}, _} -> ["error: ", atom_to_list(Reason)]
            end;
        %% What it says of every end, be it inside a frame or not.
        {error, closed} -> "clean";
        {error, Reason} -> ["error: ", atom_to_list(Reason)]
    end.

answer(<<"send ", Size/binary>>) -> binary:copy(<<"x">>, binary_to_integer(Size));
answer(Frame) -> list_to_binary(lists:reverse(binary_to_list(Frame))).
