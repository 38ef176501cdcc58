"""The 34 provincial divisions of GB/T 2260: code, names, letter code, and the sign in document numbers."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Division:
    """`letters`: the standard's two-letter code; `sign`: the customary abbreviation (简称)."""

    code: str
    name: str
    name_en: str
    letters: str
    sign: str


_TABLE = (
    ("110000", "北京市", "Beijing", "BJ", "京"),
    ("120000", "天津市", "Tianjin", "TJ", "津"),
    ("130000", "河北省", "Hebei", "HE", "冀"),
    ("140000", "山西省", "Shanxi", "SX", "晋"),
    ("150000", "内蒙古自治区", "Inner Mongolia", "NM", "蒙"),
    ("210000", "辽宁省", "Liaoning", "LN", "辽"),
    ("220000", "吉林省", "Jilin", "JL", "吉"),
    ("230000", "黑龙江省", "Heilongjiang", "HL", "黑"),
    ("310000", "上海市", "Shanghai", "SH", "沪"),
    ("320000", "江苏省", "Jiangsu", "JS", "苏"),
    ("330000", "浙江省", "Zhejiang", "ZJ", "浙"),
    ("340000", "安徽省", "Anhui", "AH", "皖"),
    ("350000", "福建省", "Fujian", "FJ", "闽"),
    ("360000", "江西省", "Jiangxi", "JX", "赣"),
    ("370000", "山东省", "Shandong", "SD", "鲁"),
    ("410000", "河南省", "Henan", "HA", "豫"),
    ("420000", "湖北省", "Hubei", "HB", "鄂"),
    ("430000", "湖南省", "Hunan", "HN", "湘"),
    ("440000", "广东省", "Guangdong", "GD", "粤"),
    ("450000", "广西壮族自治区", "Guangxi", "GX", "桂"),
    ("460000", "海南省", "Hainan", "HI", "琼"),
    ("500000", "重庆市", "Chongqing", "CQ", "渝"),
    ("510000", "四川省", "Sichuan", "SC", "川"),
    ("520000", "贵州省", "Guizhou", "GZ", "黔"),
    ("530000", "云南省", "Yunnan", "YN", "滇"),
    ("540000", "西藏自治区", "Tibet", "XZ", "藏"),
    ("610000", "陕西省", "Shaanxi", "SN", "陕"),
    ("620000", "甘肃省", "Gansu", "GS", "甘"),
    ("630000", "青海省", "Qinghai", "QH", "青"),
    ("640000", "宁夏回族自治区", "Ningxia", "NX", "宁"),
    ("650000", "新疆维吾尔自治区", "Xinjiang", "XJ", "新"),
    ("710000", "台湾省", "Taiwan", "TW", "台"),
    ("810000", "香港特别行政区", "Hong Kong", "HK", "港"),
    ("820000", "澳门特别行政区", "Macao", "MO", "澳"),
)
DIVISIONS = {row[0]: Division(*row) for row in _TABLE}
"""By code, in the order of the standard."""
