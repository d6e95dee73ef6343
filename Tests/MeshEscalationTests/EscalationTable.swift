/// What a run on the hub does in each situation at each event; cells that are missing change nothing and ask nothing.
///
/// Situation | event | action | the phase after it, or what else has changed.
enum EscalationTable {
    static let hub = """
        reserving | reserved | ask | running
        reserving | not reserved | nothing | ended
        reserving | cancelled | nothing | forsaken
        reserving | 600 s pass | nothing | forsaken
        reserving | asked again | begin instead of 1 | same
        reserving | gone on with | begin instead of 1 | same
        reserving | another answer gone on with | refuse 9 | same
        reserving | another question | refuse 10 | same
        reserving | cut | nothing | waits until 60
        reserving | all acknowledged | nothing | keeps 0 for 5
        reserving, alone | reserved | ask | running
        reserving, alone | not reserved | nothing | ended
        reserving, alone | cancelled | nothing | forsaken
        reserving, alone | 60 s pass | nothing | forsaken
        reserving, alone | 300 s pass | nothing | forsaken
        reserving, alone | 600 s pass | nothing | forsaken
        reserving, alone | asked again | begin | waits until 600
        reserving, alone | gone on with | begin | waits until 600
        reserving, alone | another answer gone on with | refuse 9 | same
        reserving, alone | another question | refuse 10 | same
        forsaken | reserved | settle: void | settling
        forsaken | not reserved | nothing | ended
        forsaken | asked again | begin instead of 1 | same
        forsaken | gone on with | begin instead of 1 | same
        forsaken | another answer gone on with | refuse 9 | same
        forsaken | another question | refuse 10 | same
        forsaken | all acknowledged | nothing | keeps 0 for 5
        running | more is said | nothing | keeps 13 for 5
        running | answer ends | settle: complete 40+0 about | settling
        running | answer fails | settle: void | settling
        running | cancelled | settle: void | settling
        running | 600 s pass | settle: void | settling
        running | asked again | begin instead of 1 | same
        running | gone on with | begin instead of 1 | same
        running | another answer gone on with | refuse 9 | same
        running | another question | refuse 10 | same
        running | cut | nothing | waits until 60
        running | all acknowledged | nothing | keeps 0 for 5
        running, begun | more is said | nothing | keeps 32 for 24
        running, begun | answer ends | settle: complete 40+2 about | settling
        running, begun | answer fails | settle: brokenOff 40+2 about | settling
        running, begun | cancelled | settle: clientLeft 40+2 about | settling
        running, begun | 600 s pass | settle: brokenOff 40+2 about | settling
        running, begun | asked again | begin instead of 1 | same
        running, begun | gone on with | begin instead of 1 | same
        running, begun | another answer gone on with | refuse 9 | same
        running, begun | another question | refuse 10 | same
        running, begun | cut | nothing | waits until 60
        running, begun | all acknowledged | nothing | keeps 0 for 24
        running, counted | more is said | nothing | keeps 43 for 35
        running, counted | answer ends | settle: complete 12+1 | settling
        running, counted | answer fails | settle: brokenOff 12+2 about | settling
        running, counted | cancelled | settle: clientLeft 12+2 about | settling
        running, counted | 600 s pass | settle: brokenOff 12+2 about | settling
        running, counted | asked again | begin instead of 1 | same
        running, counted | gone on with | begin instead of 1 | same
        running, counted | another answer gone on with | refuse 9 | same
        running, counted | another question | refuse 10 | same
        running, counted | cut | nothing | waits until 60
        running, counted | all acknowledged | nothing | keeps 0 for 35
        running, alone | more is said | nothing | keeps 32 for 24
        running, alone | answer ends | settle: complete 40+2 about | settling
        running, alone | answer fails | settle: brokenOff 40+2 about | settling
        running, alone | cancelled | settle: clientLeft 40+2 about | settling
        running, alone | 60 s pass | settle: clientLeft 40+2 about | settling
        running, alone | 300 s pass | settle: clientLeft 40+2 about | settling
        running, alone | 600 s pass | settle: brokenOff 40+2 about | settling
        running, alone | asked again | begin | waits until 600
        running, alone | gone on with | begin | waits until 600
        running, alone | another answer gone on with | refuse 9 | same
        running, alone | another question | refuse 10 | same
        settling | settled | nothing | ended
        settling | 10 s pass | nothing | ended
        settling | 60 s pass | nothing | ended
        settling | 300 s pass | nothing | ended
        settling | 600 s pass | nothing | ended
        settling | asked again | begin instead of 1 | same
        settling | gone on with | begin instead of 1 | same
        settling | another answer gone on with | refuse 9 | same
        settling | another question | refuse 10 | same
        settling | all acknowledged | nothing | keeps 0 for 24
        settling, failed | settled | nothing | ended
        settling, failed | 10 s pass | nothing | ended
        settling, failed | 60 s pass | nothing | ended
        settling, failed | 300 s pass | nothing | ended
        settling, failed | 600 s pass | nothing | ended
        settling, failed | asked again | begin instead of 1 | same
        settling, failed | gone on with | begin instead of 1 | same
        settling, failed | another answer gone on with | refuse 9 | same
        settling, failed | another question | refuse 10 | same
        settling, failed | all acknowledged | nothing | keeps 0 for 24
        ended | cancelled | release | over
        ended | 300 s pass | release | over
        ended | 600 s pass | release | over
        ended | asked again | begin instead of 1 | same
        ended | gone on with | begin instead of 1 | same
        ended | another answer gone on with | refuse 9 | same
        ended | another question | refuse 10 | same
        ended | all acknowledged | release | over
        ended, said | cancelled | release | over
        ended, said | 300 s pass | release | over
        ended, said | 600 s pass | release | over
        ended, said | asked again | begin instead of 1 | same
        ended, said | gone on with | begin instead of 1 | same
        ended, said | another answer gone on with | refuse 9 | same
        ended, said | another question | refuse 10 | same
        ended, said | all acknowledged | release | over
        ended, alone | cancelled | release | over
        ended, alone | 300 s pass | release | over
        ended, alone | 600 s pass | release | over
        ended, alone | asked again | begin | same
        ended, alone | gone on with | begin | same
        ended, alone | another answer gone on with | refuse 9 | same
        ended, alone | another question | refuse 10 | same
        over | asked again | refuse 8 | same
        over | gone on with | refuse 8 | same
        over | another answer gone on with | refuse 8 | same
        over | another question | refuse 8 | same
        """
}
