/// What the tunnel's machine does in each state at each event; cells that are missing change nothing and ask nothing.
///
/// State | event | action | the state after it.
enum TunnelTable {
    static let text = """
        connected, asked | addresses change later | migrate probe 1 | same
        connected, asked | addresses change | migrate probe 1 | same
        connected, asked | current ends | nothing | reconnecting 1 paused
        connected, asked | current leaves | nothing | connected over 1 leaving
        connected, asked | deadline | close 1 | reconnecting 1 paused
        connected, asked | former link opens | close | same
        connected, asked | link opens | close | same
        connected, asked | probe of current fails late | close 1 | reconnecting 1 paused
        connected, asked | renew | dial 2 to the same hub | connected over 1 renewing making 2
        connected, asked | start | error illegalMove | same
        connected, asked | stop | endEverything | disconnected
        connected, asked | two minutes pass | close 1 | reconnecting 1 paused
        connected, leaving | addresses change later | migrate probe 1 | same
        connected, leaving | addresses change | migrate probe 1 | same
        connected, leaving | current ends | nothing | reconnecting 1 paused
        connected, leaving | deadline | probe 1 | same
        connected, leaving | former link opens | close | same
        connected, leaving | link opens | close | same
        connected, leaving | reconnect now | probe 1 | same
        connected, leaving | renew | dial 2 | connected over 1 leaving renewing making 2
        connected, leaving | start | error illegalMove | same
        connected, leaving | stop | endEverything | disconnected
        connected, leaving | two minutes pass | probe 1 | same
        connected, leaving, dialling | addresses change later | migrate probe 1 | same
        connected, leaving, dialling | addresses change | migrate probe 1 | same
        connected, leaving, dialling | attempt fails | nothing | connected over 1 leaving
        connected, leaving, dialling | attempt is not authenticated | nothing | connected over 1 leaving
        connected, leaving, dialling | current ends | nothing | reconnecting 1 making 2
        connected, leaving, dialling | deadline | close 1 | reconnecting 1 making 2
        connected, leaving, dialling | former link opens | close | same
        connected, leaving, dialling | link opens | probe 2 | same
        connected, leaving, dialling | node is stopping | nothing | connected over 1 leaving
        connected, leaving, dialling | probe of current fails late | close 1 | reconnecting 1 making 2
        connected, leaving, dialling | renew | dial 3 instead of 2 | connected over 1 leaving renewing making 3
        connected, leaving, dialling | start | error illegalMove | same
        connected, leaving, dialling | stop | endEverything | disconnected
        connected, leaving, dialling | two minutes pass | close 1 | reconnecting 1 making 2
        connected, leaving, proving | addresses change later | migrate probe 1 | same
        connected, leaving, proving | addresses change | migrate probe 1 | same
        connected, leaving, proving | current ends | nothing | reconnecting 1 making 2
        connected, leaving, proving | deadline | close 1 | reconnecting 1 making 2
        connected, leaving, proving | former link opens | close | same
        connected, leaving, proving | hub answers over new | retire 1 | connected over 2 retiring 1
        connected, leaving, proving | link opens | close | same
        connected, leaving, proving | new ends | nothing | connected over 1 leaving
        connected, leaving, proving | new leaves | close 2 | connected over 1 leaving
        connected, leaving, proving | probe of current fails late | close 1 | reconnecting 1 making 2
        connected, leaving, proving | probe of new fails late | close 2 | connected over 1 leaving
        connected, leaving, proving | renew | dial 3 instead of 2 | connected over 1 leaving renewing making 3
        connected, leaving, proving | start | error illegalMove | same
        connected, leaving, proving | stop | endEverything | disconnected
        connected, leaving, proving | two minutes pass | close 1 | reconnecting 1 making 2
        connected, one retiring | addresses change later | migrate probe 2 | same
        connected, one retiring | addresses change | migrate probe 2 | same
        connected, one retiring | current ends | nothing | reconnecting 1 paused retiring 1
        connected, one retiring | current leaves | nothing | connected over 2 leaving retiring 1
        connected, one retiring | deadline | probe 2 | same
        connected, one retiring | former link opens | close | same
        connected, one retiring | link opens | close | same
        connected, one retiring | reconnect now | probe 2 | same
        connected, one retiring | renew | dial 3 to the same hub | connected over 2 renewing making 3 retiring 1
        connected, one retiring | retiring ends | nothing | connected over 2
        connected, one retiring | start | error illegalMove | same
        connected, one retiring | stop | endEverything | disconnected
        connected, one retiring | two minutes pass | close 1 | connected over 2
        connected, renewing | addresses change later | migrate probe 1 | same
        connected, renewing | addresses change | migrate probe 1 | same
        connected, renewing | attempt fails | nothing | connected over 1 renewing
        connected, renewing | attempt is not authenticated | nothing | connected over 1
        connected, renewing | current ends | nothing | reconnecting 1 making 2
        connected, renewing | current leaves | nothing | connected over 1 leaving renewing making 2
        connected, renewing | deadline | probe 1 | same
        connected, renewing | former link opens | close | same
        connected, renewing | link opens | probe 2 | same
        connected, renewing | node is stopping | nothing | connected over 1
        connected, renewing | reconnect now | probe 1 | same
        connected, renewing | renew | dial 3 instead of 2 to the same hub | connected over 1 renewing making 3
        connected, renewing | start | error illegalMove | same
        connected, renewing | stop | endEverything | disconnected
        connected, renewing | two minutes pass | probe 1 | same
        connected, renewing, proving | addresses change later | migrate probe 1 | same
        connected, renewing, proving | addresses change | migrate probe 1 | same
        connected, renewing, proving | current ends | nothing | reconnecting 1 making 2
        connected, renewing, proving | current leaves | nothing | connected over 1 leaving renewing making 2
        connected, renewing, proving | deadline | probe 1 | same
        connected, renewing, proving | former link opens | close | same
        connected, renewing, proving | hub answers over new | retire 1 | connected over 2 retiring 1
        connected, renewing, proving | link opens | close | same
        connected, renewing, proving | new ends | nothing | connected over 1 renewing
        connected, renewing, proving | new leaves | close 2 | connected over 1 renewing
        connected, renewing, proving | probe of new fails late | close 2 | connected over 1 renewing
        connected, renewing, proving | reconnect now | probe 1 | same
        connected, renewing, proving | renew | dial 3 instead of 2 to the same hub | connected over 1 renewing making 3
        connected, renewing, proving | start | error illegalMove | same
        connected, renewing, proving | stop | endEverything | disconnected
        connected, renewing, proving | two minutes pass | probe 1 | same
        connected, well | addresses change later | migrate probe 1 | same
        connected, well | addresses change | migrate probe 1 | same
        connected, well | current ends | nothing | reconnecting 1 paused
        connected, well | current leaves | nothing | connected over 1 leaving
        connected, well | deadline | probe 1 | same
        connected, well | former link opens | close | same
        connected, well | link opens | close | same
        connected, well | reconnect now | probe 1 | same
        connected, well | renew | dial 2 to the same hub | connected over 1 renewing making 2
        connected, well | start | error illegalMove | same
        connected, well | stop | endEverything | disconnected
        connected, well | two minutes pass | probe 1 | same
        connected, young | addresses change later | migrate probe 1 | same
        connected, young | addresses change | migrate probe 1 | same
        connected, young | current ends | nothing | reconnecting 2 paused
        connected, young | current leaves | nothing | connected over 1 leaving
        connected, young | former link opens | close | same
        connected, young | link opens | close | same
        connected, young | reconnect now | probe 1 | same
        connected, young | renew | dial 2 to the same hub | connected over 1 renewing making 2
        connected, young | start | error illegalMove | same
        connected, young | stop | endEverything | disconnected
        connected, young | two minutes pass | probe 1 | same
        connecting, asks again | addresses change later | migrate probe 1 | same
        connecting, asks again | addresses change | migrate probe 1 | same
        connecting, asks again | deadline | probe 1 | same
        connecting, asks again | former link opens | close | same
        connecting, asks again | hub answers over new | nothing | connected over 1
        connecting, asks again | link opens | close | same
        connecting, asks again | new ends | nothing | connecting 2 paused
        connecting, asks again | new leaves | close 1 | connecting 2 paused
        connecting, asks again | renew | error notConnected | same
        connecting, asks again | start | error illegalMove | same
        connecting, asks again | stop | endEverything | failed stopped for good
        connecting, asks again | two minutes pass | close 1 | connecting 2 paused
        connecting, dialling | addresses change later | dial 2 instead of 1 | connecting 1 making 2
        connecting, dialling | attempt fails | nothing | connecting 2 paused
        connecting, dialling | attempt is not authenticated | nothing | failed not authenticated: words
        connecting, dialling | deadline | giveUp 1 | connecting 2 paused
        connecting, dialling | former link opens | close | same
        connecting, dialling | link opens | probe 1 | same
        connecting, dialling | node is stopping | nothing | failed stopped for good
        connecting, dialling | renew | error notConnected | same
        connecting, dialling | start | error illegalMove | same
        connecting, dialling | stop | endEverything | failed stopped for good
        connecting, dialling | two minutes pass | giveUp 1 | connecting 2 paused
        connecting, paused | addresses change later | dial 2 | connecting 2 making 2
        connecting, paused | addresses change | dial 2 | connecting 2 making 2
        connecting, paused | deadline | dial 2 | connecting 2 making 2
        connecting, paused | former link opens | close | same
        connecting, paused | link opens | close | same
        connecting, paused | reconnect now | dial 2 | connecting 2 making 2
        connecting, paused | renew | error notConnected | same
        connecting, paused | start | error illegalMove | same
        connecting, paused | stop | endEverything | failed stopped for good
        connecting, paused | two minutes pass | dial 2 | connecting 2 making 2
        connecting, proving | addresses change later | migrate probe 1 | same
        connecting, proving | addresses change | migrate probe 1 | same
        connecting, proving | deadline | close 1 | connecting 2 paused
        connecting, proving | former link opens | close | same
        connecting, proving | hub answers over new | nothing | connected over 1
        connecting, proving | link opens | close | same
        connecting, proving | new ends | nothing | connecting 2 paused
        connecting, proving | new leaves | close 1 | connecting 2 paused
        connecting, proving | probe of new fails late | close 1 | connecting 2 paused
        connecting, proving | renew | error notConnected | same
        connecting, proving | start | error illegalMove | same
        connecting, proving | stop | endEverything | failed stopped for good
        connecting, proving | two minutes pass | close 1 | connecting 2 paused
        disconnected | former link opens | close | same
        disconnected | link opens | close | same
        disconnected | reconnect now | error illegalMove | same
        disconnected | renew | error notConnected | same
        disconnected | start | dial 1 | connecting 1 making 1
        disconnected | stop | error illegalMove | same
        failed, not authenticated | deadline | dial 2 | connecting 1 making 2
        failed, not authenticated | former link opens | close | same
        failed, not authenticated | link opens | close | same
        failed, not authenticated | reconnect now | dial 2 | connecting 1 making 2
        failed, not authenticated | renew | error notConnected | same
        failed, not authenticated | start | dial 2 | connecting 1 making 2
        failed, not authenticated | stop | endEverything | failed stopped for good
        failed, not authenticated | two minutes pass | dial 2 | connecting 1 making 2
        failed, spent for good | former link opens | close | same
        failed, spent for good | link opens | close | same
        failed, spent for good | reconnect now | dial 11 | connecting 1 making 11
        failed, spent for good | renew | error notConnected | same
        failed, spent for good | start | dial 11 | connecting 1 making 11
        failed, spent for good | stop | endEverything | failed stopped for good
        failed, spent | addresses change later | dial 11 | connecting 1 making 11
        failed, spent | addresses change | dial 11 | connecting 1 making 11
        failed, spent | deadline | dial 11 | connecting 1 making 11
        failed, spent | former link opens | close | same
        failed, spent | link opens | close | same
        failed, spent | reconnect now | dial 11 | connecting 1 making 11
        failed, spent | renew | error notConnected | same
        failed, spent | start | dial 11 | connecting 1 making 11
        failed, spent | stop | endEverything | failed stopped for good
        failed, spent | two minutes pass | dial 11 | connecting 1 making 11
        failed, stopped | former link opens | close | same
        failed, stopped | link opens | close | same
        failed, stopped | reconnect now | error illegalMove | same
        failed, stopped | renew | error notConnected | same
        failed, stopped | start | dial 2 | connecting 1 making 2
        failed, stopped | stop | endEverything | same
        reconnecting, dialling | addresses change later | dial 3 instead of 2 | reconnecting 1 making 3
        reconnecting, dialling | attempt fails | nothing | reconnecting 2 paused
        reconnecting, dialling | attempt is not authenticated | nothing | failed not authenticated: words
        reconnecting, dialling | deadline | giveUp 2 | reconnecting 2 paused
        reconnecting, dialling | former link opens | close | same
        reconnecting, dialling | link opens | probe 2 | same
        reconnecting, dialling | node is stopping | nothing | failed stopped for good
        reconnecting, dialling | renew | error notConnected | same
        reconnecting, dialling | start | error illegalMove | same
        reconnecting, dialling | stop | endEverything | failed stopped for good
        reconnecting, dialling | two minutes pass | giveUp 2 | reconnecting 2 paused
        reconnecting, paused | addresses change later | dial 2 | reconnecting 1 making 2
        reconnecting, paused | addresses change | dial 2 | reconnecting 1 making 2
        reconnecting, paused | deadline | dial 2 | reconnecting 1 making 2
        reconnecting, paused | former link opens | close | same
        reconnecting, paused | link opens | close | same
        reconnecting, paused | reconnect now | dial 2 | reconnecting 1 making 2
        reconnecting, paused | renew | error notConnected | same
        reconnecting, paused | start | error illegalMove | same
        reconnecting, paused | stop | endEverything | failed stopped for good
        reconnecting, paused | two minutes pass | dial 2 | reconnecting 1 making 2
        reconnecting, proving | addresses change later | migrate probe 2 | same
        reconnecting, proving | addresses change | migrate probe 2 | same
        reconnecting, proving | deadline | close 2 | reconnecting 2 paused
        reconnecting, proving | former link opens | close | same
        reconnecting, proving | hub answers over new | nothing | connected over 2
        reconnecting, proving | link opens | close | same
        reconnecting, proving | new ends | nothing | reconnecting 2 paused
        reconnecting, proving | new leaves | close 2 | reconnecting 2 paused
        reconnecting, proving | probe of new fails late | close 2 | reconnecting 2 paused
        reconnecting, proving | renew | error notConnected | same
        reconnecting, proving | start | error illegalMove | same
        reconnecting, proving | stop | endEverything | failed stopped for good
        reconnecting, proving | two minutes pass | close 2 | reconnecting 2 paused
        """
}
