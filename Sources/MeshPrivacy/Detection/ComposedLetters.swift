/// Letters that are one character although they are written as two: a base and a mark above, below or through it.
///
/// Latin, Greek and Cyrillic; what is written otherwise keeps its mark out of comparisons.
enum ComposedLetters {
    /// The letter that a base and a mark are together; nil where there is none.
    static func letter(_ base: UInt32, _ mark: UInt32) -> UInt32? { letters[UInt64(base) << 32 | UInt64(mark)] }

    private static let letters: [UInt64: UInt32] = {
        var letters: [UInt64: UInt32] = [:]
        for (mark, pairs) in pairs {
            let scalars = pairs.unicodeScalars.filter { $0 != " " }.map(\.value)
            for index in stride(from: 0, to: scalars.count - 1, by: 2) {
                letters[UInt64(scalars[index]) << 32 | UInt64(mark)] = scalars[index + 1]
            }
        }
        return letters
    }()

    /// By mark, each base before the letter that the two are.
    private static let pairs: [(mark: UInt32, pairs: String)] = [
        (0x300, "AÀEÈIÌOÒUÙaàeèiìoòuùÜǛüǜNǸnǹЕЀИЍеѐиѝĒḔēḕŌṐōṑWẀwẁÂẦâầĂẰăằÊỀêềÔỒôồƠỜơờƯỪưừYỲyỳ"),
        (
            0x301,
            """
            AÁEÉIÍOÓUÚYÝaáeéiíoóuúyýCĆcćLĹlĺNŃnńRŔrŕSŚsśZŹzźÜǗüǘGǴgǵÅǺåǻÆǼæǽØǾøǿ¨΅ΑΆΕΈΗΉΙΊΟΌΥΎΩΏ \
            ϊΐαάεέηήιίϋΰοόυύωώϒϓГЃКЌгѓкќÇḈçḉĒḖēḗÏḮïḯKḰkḱMḾmḿÕṌõṍŌṒōṓPṔpṕŨṸũṹWẂwẃÂẤâấĂẮăắÊẾêếÔỐôố \
            ƠỚơớƯỨưứ
            """
        ),
        (0x302, "AÂEÊIÎOÔUÛaâeêiîoôuûCĈcĉGĜgĝHĤhĥJĴjĵSŜsŝWŴwŵYŶyŷZẐzẑẠẬạậẸỆẹệỌỘọộ"),
        (0x303, "AÃNÑOÕaãnñoõIĨiĩUŨuũVṼvṽÂẪâẫĂẴăẵEẼeẽÊỄêễÔỖôỗƠỠơỡƯỮưữYỸyỹ"),
        (0x304, "AĀaāEĒeēIĪiīOŌoōUŪuūÜǕüǖÄǞäǟȦǠȧǡÆǢæǣǪǬǫǭÖȪöȫÕȬõȭȮȰȯȱYȲyȳИӢиӣУӮуӯGḠgḡḶḸḷḹṚṜṛṝ"),
        (0x306, "AĂaăEĔeĕGĞgğIĬiĭOŎoŏUŬuŭУЎИЙийуўЖӁжӂАӐаӑЕӖеӗȨḜȩḝẠẶạặ"),
        (
            0x307,
            """
            CĊcċEĖeėGĠgġIİZŻzżAȦaȧOȮoȯBḂbḃDḊdḋFḞfḟHḢhḣMṀmṁNṄnṅPṖpṗRṘrṙSṠsṡŚṤśṥŠṦšṧṢṨṣṩTṪtṫWẆwẇXẊ \
            xẋYẎyẏſẛ
            """
        ),
        (
            0x308,
            """
            AÄEËIÏOÖUÜaäeëiïoöuüyÿYŸΙΪΥΫιϊυϋϒϔЕЁІЇеёіїАӒаӓӘӚәӛЖӜжӝЗӞзӟИӤиӥОӦоӧӨӪөӫЭӬэӭУӰуӱЧӴчӵЫӸ \
            ыӹHḦhḧÕṎõṏŪṺūṻWẄwẅXẌxẍtẗ
            """
        ),
        (0x309, "AẢaảÂẨâẩĂẲăẳEẺeẻÊỂêểIỈiỉOỎoỏÔỔôổƠỞơởUỦuủƯỬưửYỶyỷ"),
        (0x30A, "AÅaåUŮuůwẘyẙ"),
        (0x30B, "OŐoőUŰuűУӲуӳ"),
        (0x30C, "CČcčDĎdďEĚeěLĽlľNŇnňRŘrřSŠsšTŤtťZŽzžAǍaǎIǏiǐOǑoǒUǓuǔÜǙüǚGǦgǧKǨkǩƷǮʒǯjǰHȞhȟ"),
        (0x30F, "AȀaȁEȄeȅIȈiȉOȌoȍRȐrȑUȔuȕѴѶѵѷ"),
        (0x311, "AȂaȃEȆeȇIȊiȋOȎoȏRȒrȓUȖuȗ"),
        (0x31B, "OƠoơUƯuư"),
        (0x323, "BḄbḅDḌdḍHḤhḥKḲkḳLḶlḷMṂmṃNṆnṇRṚrṛSṢsṣTṬtṭVṾvṿWẈwẉZẒzẓAẠaạEẸeẹIỊiịOỌoọƠỢơợUỤuụƯỰưựYỴyỵ"),
        (0x324, "UṲuṳ"),
        (0x325, "AḀaḁ"),
        (0x326, "SȘsșTȚtț"),
        (0x327, "CÇcçGĢgģKĶkķLĻlļNŅnņRŖrŗSŞsşTŢtţEȨeȩDḐdḑHḨhḩ"),
        (0x328, "AĄaąEĘeęIĮiįUŲuųOǪoǫ"),
        (0x32D, "DḒdḓEḘeḙLḼlḽNṊnṋTṰtṱUṶuṷ"),
        (0x32E, "HḪhḫ"),
        (0x330, "EḚeḛIḬiḭUṴuṵ"),
        (0x331, "BḆbḇDḎdḏKḴkḵLḺlḻNṈnṉRṞrṟTṮtṯZẔzẕhẖ"),
    ]
}
