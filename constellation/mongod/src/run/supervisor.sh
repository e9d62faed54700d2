# Stands between the program that needs a server and the server, and outlives the program if need be.
#
#   $1     the signal that ends the server when the program is gone
#   $2     a folder to remove when both are gone, or nothing
#   $3...  the server's command line
#
# stdin is a pipe from the program. A line on it names a signal to send to the server. Its end means that
# the program let go of it or died, in whatever way: the system closes the pipes of every dead process.
# stdout tells the program "started PID" and "ended STATUS". stderr is the server's log.
signal=$1 scratch=$2
shift 2

# Nothing below may hold the program's pipes but who is meant to.
exec 3<&0 4>&1 </dev/null >/dev/null
"$@" >&2 3<&- 4>&- &
server=$!

# From here on only the program decides, and a program that is gone is no reason to stop half way. The server
# was started before, so it has its signals as usual.
trap '' HUP INT PIPE TERM
echo "started $server" >&4
# From here on the shell's own remarks would only confuse the server's log.
exec 2>/dev/null

(
    exec 4>&-
    while read -r order; do
        kill -s "$order" "$server"
    done <&3
    kill -s "$signal" "$server"
) &
listener=$!

wait "$server"
status=$?
# A listener that lived on could hit another process, which the system gave the same number.
kill -s KILL "$listener"
echo "ended $status" >&4

if [ -n "$scratch" ]; then
    # The program may still want to read the log.
    while read -r order; do :; done <&3
    rm -rf -- "$scratch"
fi
exit "$status"
