/** 设置页面所用的中文。 */

import type { SettingsDictionary } from "./settings.svelte";

export const settingsZh: SettingsDictionary = {
  title: "设置",
  general: "常规",
  security: "安全",
  name: "对外显示的姓名",
  density: "列表密度",
  comfortable: "宽松",
  compact: "紧凑",
  undoSend: "发送后可撤销",
  seconds: (n) => `${n} 秒`,
  keys: "单键快捷键",
  keysText: "j、k、e、# 等；按 ? 查看全部",
  images: "远程图片",
  imagesAsk: "每次询问",
  imagesAlways: "始终经由本服务器显示",
  imagesAllowed: "始终显示",
  imagesNobody: "暂无",
  password: "密码",
  oldPassword: "当前密码",
  change: "修改密码",
  changed: "密码已修改，其他登录已退出。",
  sessions: "登录设备",
  current: "当前",
  lastUsed: (date) => `最近使用 ${date}`,
  end: "退出",
  quota: "存储空间",
  swipe: "在列表中滑动：向右归档，向左删除",
};
