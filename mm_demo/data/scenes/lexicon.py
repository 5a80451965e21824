"""What things are called in English and Chinese: the first word is the one that prompts use."""

from __future__ import annotations

Words = dict[str, dict[str, list[str]]]
LANGUAGES: tuple[str, ...] = ("en", "zh")

KIND_WORDS: Words = {
    "boat": {"en": ["boat", "ship", "sailboat"], "zh": ["船", "帆船"]},
    "house": {"en": ["house", "cottage", "home"], "zh": ["房子", "屋子"]},
    "tree": {"en": ["tree"], "zh": ["树"]},
    "car": {"en": ["car", "automobile"], "zh": ["汽车", "轿车"]},
    "fish": {"en": ["fish"], "zh": ["鱼"]},
    "bird": {"en": ["bird", "birdie"], "zh": ["鸟"]},
    "cat": {"en": ["cat", "kitty"], "zh": ["猫", "猫咪"]},
    "ball": {"en": ["ball", "toy ball"], "zh": ["球", "皮球"]},
    "star": {"en": ["star"], "zh": ["星星"]},
    "flower": {"en": ["flower", "blossom"], "zh": ["花", "花朵"]},
    "balloon": {"en": ["balloon"], "zh": ["气球"]},
    "umbrella": {"en": ["umbrella", "parasol"], "zh": ["雨伞", "伞"]},
}
CLASSIFIERS: dict[str, str] = {
    "boat": "艘", "house": "栋", "tree": "棵", "car": "辆", "fish": "条", "bird": "只",
    "cat": "只", "ball": "个", "star": "颗", "flower": "朵", "balloon": "个", "umbrella": "把",
}  # fmt: skip
COLOUR_WORDS: Words = {
    "red": {"en": ["red"], "zh": ["红色", "红"]},
    "orange": {"en": ["orange"], "zh": ["橙色", "橘色"]},
    "yellow": {"en": ["yellow"], "zh": ["黄色", "黄"]},
    "green": {"en": ["green"], "zh": ["绿色", "绿"]},
    "blue": {"en": ["blue"], "zh": ["蓝色", "蓝"]},
    "purple": {"en": ["purple", "violet"], "zh": ["紫色", "紫"]},
    "pink": {"en": ["pink"], "zh": ["粉色", "粉红色"]},
    "white": {"en": ["white"], "zh": ["白色", "白"]},
}
SIZE_WORDS: Words = {
    "small": {"en": ["small", "little", "tiny"], "zh": ["小"]},
    "large": {"en": ["large", "big", "huge"], "zh": ["大"]},
}
BACKGROUND_WORDS: Words = {
    "sea": {"en": ["sea", "ocean"], "zh": ["大海", "海面"]},
    "meadow": {"en": ["meadow", "grassland"], "zh": ["草地", "草原"]},
    "desert": {"en": ["desert", "dunes"], "zh": ["沙漠", "沙丘"]},
    "snow": {"en": ["snow", "winter"], "zh": ["雪地", "冬天"]},
    "night": {"en": ["night", "moonlight"], "zh": ["夜晚", "夜里"]},
    "mountains": {"en": ["mountains", "peaks"], "zh": ["群山", "山里"]},
}
PLACE_WORDS: Words = {
    "top_left": {"en": ["top left", "upper left"], "zh": ["左上角", "左上方"]},
    "top": {"en": ["top"], "zh": ["上方", "上面"]},
    "top_right": {"en": ["top right", "upper right"], "zh": ["右上角", "右上方"]},
    "left": {"en": ["left"], "zh": ["左边", "左侧"]},
    "centre": {"en": ["middle", "centre"], "zh": ["中间", "正中间"]},
    "right": {"en": ["right"], "zh": ["右边", "右侧"]},
    "bottom_left": {"en": ["bottom left", "lower left"], "zh": ["左下角", "左下方"]},
    "bottom": {"en": ["bottom"], "zh": ["下方", "下面"]},
    "bottom_right": {"en": ["bottom right", "lower right"], "zh": ["右下角", "右下方"]},
}
